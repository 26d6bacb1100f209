package import Times

/// A point in time: relative below 24 hours, with the exact one in its title and in print.
package struct TimeText: Component {
    private let time: Timestamp
    private let clock: PageClock
    private let isExact: Bool
    private let words: String?
    private let live: LiveKey?

    /// - Parameters:
    ///   - isExact: The exact time itself. Default: how long ago.
    ///   - words: What is shown instead, such as the time of a day that is told beside it.
    ///   - live: Keeps it fresh: its values are points in time, as `Timestamp` writes them.
    package init(
        _ time: Timestamp,
        _ clock: PageClock,
        isExact: Bool = false,
        words: String? = nil,
        live: LiveKey? = nil
    ) {
        (self.time, self.clock, self.isExact, self.words, self.live) = (time, clock, isExact, words, live)
    }

    /// Its markup.
    package var html: HTML {
        let exact = clock.exact(time)
        return Template.time.render([
            "time": .text(time.description), "exact": .text(exact),
            "words": .text(words ?? (isExact ? exact : clock.relative(time))),
            "isRelative": .flag(words == nil && !isExact), "live": .optional(live?.description),
        ])
    }
}
