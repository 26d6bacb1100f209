/// A state in words. The tint says the same again; it is never the only sign.
package struct Badge: Component {
    /// What kind of state it is.
    package enum Kind: String, Sendable, CaseIterable {
        case neutral, ok, info, warning, danger
    }

    private let words: String
    private let kind: Kind
    private let live: LiveKey?

    /// - Parameter live: Keeps the words fresh. The tint stays, so it should be neutral then. Default: nothing does.
    package init(_ words: String, _ kind: Kind = .neutral, live: LiveKey? = nil) {
        (self.words, self.kind, self.live) = (words, kind, live)
    }

    /// Its markup.
    package var html: HTML {
        Template.badge.render([
            "words": .text(words), "kind": .text(kind.rawValue), "live": .optional(live?.description),
        ])
    }
}
