/// How far something is, as a bar and in figures.
package struct ProgressBar: Component {
    private let label: String
    private let done: UInt64
    private let total: UInt64
    private let unit: String
    private let live: LiveKey?

    /// - Parameters:
    ///   - total: Of how many. 0 where that is not known yet: the bar says that it runs.
    ///   - unit: Of what: `tickets`.
    ///   - live: Keeps the bar fresh: its values are whole numbers. The figures have the same key followed by `/words`.
    package init(_ label: String, done: UInt64, of total: UInt64, unit: String, live: LiveKey? = nil) {
        (self.label, self.done, self.total, self.unit, self.live) = (label, done, total, unit, live)
    }

    /// The figures: `9,107 of 12,304 tickets`.
    package static func words(done: UInt64, of total: UInt64, unit: String) -> String {
        total == 0
            ? "\(NumberText.count(done)) \(unit)" : "\(NumberText.count(done)) of \(NumberText.count(total)) \(unit)"
    }

    /// Its markup.
    package var html: HTML {
        Template.progress.render([
            "label": .text(label), "words": .text(Self.words(done: done, of: total, unit: unit)),
            "live": .optional(live?.description), "known": .optional(total == 0 ? nil : known),
        ])
    }

    private var known: TemplateValues { ["done": .text(String(min(done, total))), "total": .text(String(total))] }
}
