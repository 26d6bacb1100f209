import PageKit

/// What the next page of a session says, as it is kept: words, and a link behind them. It is kept as text and made markup only when it is
/// shown.
struct KeptMessage: Hashable {
    let words: String
    let link: MessageLink?

    init(words: String, link: MessageLink? = nil) { (self.words, self.link) = (Self.line(words), link) }

    /// What was kept. The words are the last part: where too long a text was cut, they are.
    init(text: String) {
        let parts = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 3, let target = LinkTarget(path: parts[0]) ?? LinkTarget(url: parts[0]) else {
            (words, link) = (Self.line(text), nil)
            return
        }
        (words, link) = (parts[2], MessageLink(parts[1], to: target))
    }

    /// To be kept: the link's target and words and the words, a line each; the words alone where there is no link.
    var text: String {
        guard let link else { return words }
        return [link.target.description, Self.line(link.words), words].joined(separator: "\n")
    }

    /// As the page shows it.
    var message: Message {
        guard let link else { return Message("\(words)") }
        return Message("\(words): \(Link(HTML(link.words), to: link.target))")
    }

    private static func line(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}
