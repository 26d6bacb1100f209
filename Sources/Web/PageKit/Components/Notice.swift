/// What is not as it should be with what the page shows: a server that does not answer, numbers that are behind.
package struct Notice: Component {
    private let title: String
    private let words: HTML
    private let kind: Badge.Kind

    /// - Parameters:
    ///   - title: What is the matter, in a few words.
    ///   - words: What is still right, and what can be done.
    package init(_ title: String, _ words: HTML = .empty, _ kind: Badge.Kind = .warning) {
        (self.title, self.words, self.kind) = (title, words, kind)
    }

    /// Its markup.
    package var html: HTML {
        Template.notice.render(["title": .text(title), "words": .optional(words), "kind": .text(kind.rawValue)])
    }
}
