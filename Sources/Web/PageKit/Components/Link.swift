/// Words that lead somewhere.
package struct Link: Component {
    private let words: HTML
    private let target: LinkTarget
    private let rel: String?
    private let label: String?
    private let isButton: Bool
    private let opensTab: Bool

    /// - Parameters:
    ///   - rel: What the other page is to this one: `next`, `prev`.
    ///   - label: What is read out, where the words alone do not tell. It begins with the words.
    ///   - opensTab: Beside this page, which stays as it is. Say so in the words around. Default: in its place.
    ///   - isButton: Looks like a button: it begins something, such as a form of its own. Default: a link.
    package init(
        _ words: HTML,
        to target: LinkTarget,
        rel: String? = nil,
        label: String? = nil,
        isButton: Bool = false,
        opensTab: Bool = false
    ) {
        self.opensTab = opensTab
        (self.words, self.target, self.rel, self.label, self.isButton) = (words, target, rel, label, isButton)
    }

    /// Its markup.
    package var html: HTML {
        Template.link.render([
            "words": .html(words), "target": .text(target.description), "rel": .optional(rel),
            "label": .optional(label), "isButton": .flag(isButton), "opensTab": .flag(opensTab),
        ])
    }
}
