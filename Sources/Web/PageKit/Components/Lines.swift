/// A longer text of a stranger, with its line breaks and nothing else of its own: no link is made of anything in it.
package struct Lines: Component {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// Its markup: a paragraph for what blank lines part.
    package var html: HTML {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { HTML($0) }
        let paragraphs = lines.split { $0.markup.allSatisfy(\.isWhitespace) }
        return paragraphs.reduce(HTML.empty) { html, lines in
            let words = lines.dropFirst().reduce(lines.first ?? .empty) { $0 + HTML(markup: "<br>\n") + $1 }
            return html + Paragraph(words).html
        }
    }
}
