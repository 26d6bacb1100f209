package import Times

/// When what a page shows was true, and whether it is kept fresh: `As of 17:20:04 · live · Pause`.
package struct AsOf: Sendable {
    let time: Timestamp
    let clock: PageClock
    /// Where fresh values come from; nil where the page stays as it is.
    let stream: LinkTarget?
    private let again: LinkTarget
    private let other: LinkTarget?

    /// - Parameters:
    ///   - stream: The stream of values of this page. Default: it is not live.
    ///   - again: This page's own address: reloads it.
    ///   - other: The same page paused, or live again where it is paused. Default: no such link.
    package init(
        _ time: Timestamp,
        _ clock: PageClock,
        stream: LinkTarget? = nil,
        again: LinkTarget,
        other: LinkTarget? = nil
    ) {
        (self.time, self.clock, self.stream, self.again, self.other) = (time, clock, stream, again, other)
    }

    var values: TemplateValues {
        [
            "time": .text(time.description), "exact": .text(clock.exact(time)),
            "words": .text("\(clock.timeOfDay(time)) \(clock.zoneText(at: time))"), "again": .text(again.description),
            "pause": .optional(stream == nil ? nil : other?.description),
            "resume": .optional(stream == nil ? other?.description : nil), "isLive": .flag(stream != nil),
        ]
    }
}
