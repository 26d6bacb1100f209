/// The ways to the pages beside this one of a long list. They are found by a place in it: there are no page numbers.
package struct Pager: Component {
    private let newer: LinkTarget?
    private let older: LinkTarget?
    private let words: String?

    /// - Parameters:
    ///   - newer: nil on the first page.
    ///   - older: nil on the last one.
    ///   - words: What is shown of how much: `50 of more than 1,000`.
    package init(newer: LinkTarget?, older: LinkTarget?, words: String? = nil) {
        (self.newer, self.older, self.words) = (newer, older, words)
    }

    /// Its markup; nothing where all is on one page.
    package var html: HTML {
        if newer == nil, older == nil, words == nil { return .empty }
        return Template.pager.render([
            "newer": .optional(newer?.description), "older": .optional(older?.description), "words": .optional(words),
        ])
    }
}
