/// The ways to the pages beside this one of a long list. They are found by a place in it: there are no page numbers.
package struct Pager: Component {
    private let newer: LinkTarget?
    private let older: LinkTarget?
    private let words: String?
    private let names: (newer: String, older: String)

    /// - Parameters:
    ///   - newer: nil on the first page.
    ///   - older: nil on the last one.
    ///   - words: What is shown of how much: `50 of more than 1,000`.
    ///   - names: What the ways are called. Default: the list is one of things that happened, the newest first.
    package init(
        newer: LinkTarget?,
        older: LinkTarget?,
        words: String? = nil,
        names: (newer: String, older: String) = ("Newer", "Older")
    ) {
        (self.newer, self.older, self.words, self.names) = (newer, older, words, names)
    }

    /// Its markup; nothing where all is on one page.
    package var html: HTML {
        if newer == nil, older == nil, words == nil { return .empty }
        return Template.pager.render([
            "newer": .optional(newer?.description), "older": .optional(older?.description), "words": .optional(words),
            "newerName": .text(names.newer), "olderName": .text(names.older),
        ])
    }
}
