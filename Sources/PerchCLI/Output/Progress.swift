import Foundation

/// How far something long is, on the standard error: one line that changes on a terminal, else a line now and then.
struct Progress {
    private let total: Int
    private let verb: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var isShown = false

    /// - Parameter verb: `retried`: `retried 3,000 of 10,000`.
    init(_ verb: String, of total: Int) { (self.verb, self.total) = (verb, total) }

    mutating func show(_ done: Int) {
        let text = "\(verb) \(Format.count(done)) of \(Format.count(total))"
        write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
        isShown = true
    }

    /// The line is left standing.
    func end() { if isTerminal, isShown { write("\n") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
