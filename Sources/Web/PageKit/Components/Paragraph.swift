/// Sentences.
package struct Paragraph: Component {
    private let words: HTML
    private let isNote: Bool

    /// Words with what stands among them.
    ///
    /// - Parameter isNote: Small, beside what matters more. Default: as other text.
    package init(_ words: HTML, isNote: Bool = false) { (self.words, self.isNote) = (words, isNote) }

    /// Its markup.
    package var html: HTML {
        HTML(markup: isNote ? "<p class=\"note\">" : "<p>") + words + HTML(markup: "</p>")
    }
}
