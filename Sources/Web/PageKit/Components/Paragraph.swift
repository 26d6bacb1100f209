/// Sentences.
package struct Paragraph: Component {
    private let words: HTML

    /// Words with what stands among them.
    package init(_ words: HTML) { self.words = words }

    /// Its markup.
    package var html: HTML { HTML(markup: "<p>") + words + HTML(markup: "</p>") }
}
