/// What is not as it should be with what the page shows: a server that does not answer, numbers that are behind.
package struct Notice: Component {
    private let title: String
    private let words: HTML
    private let kind: Badge.Kind
    private let live: LiveKey?

    /// - Parameters:
    ///   - title: What is the matter, in a few words.
    ///   - words: What is still right, and what can be done.
    ///   - live: Keeps the title fresh. The notice is not seen while it is empty, so it comes and goes by itself. Default: it stays.
    package init(_ title: String, _ words: HTML = .empty, _ kind: Badge.Kind = .warning, live: LiveKey? = nil) {
        (self.title, self.words, self.kind, self.live) = (title, words, kind, live)
    }

    /// Its markup.
    package var html: HTML {
        Template.notice.render([
            "title": .text(title), "words": .optional(words), "kind": .text(kind.rawValue),
            "live": .optional(live?.description),
        ])
    }
}
