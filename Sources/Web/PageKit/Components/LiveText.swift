/// Words that are kept fresh.
package struct LiveText: Component {
    private let words: String
    private let key: LiveKey

    /// - Parameter words: As they are now; none where there is nothing to say yet.
    package init(_ words: String, live key: LiveKey) { (self.words, self.key) = (words, key) }

    /// Its markup.
    package var html: HTML {
        HTML(markup: "<span data-live=\"") + HTML(key.description) + HTML(markup: "\">") + HTML(words)
            + HTML(markup: "</span>")
    }
}
