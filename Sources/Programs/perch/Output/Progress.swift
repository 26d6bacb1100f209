import Foundation

/// How far something long is, on the standard error: one line that changes on a terminal, else a line now and then.
struct Progress {
    private let total: Int
    private let verb: Shown
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var isShown = false

    /// - Parameter verb: `retried`: `retried 3,000 of 10,000`.
    init(_ verb: Shown, of total: Int) { (self.verb, self.total) = (verb, total) }

    mutating func show(_ done: Int) {
        let text: Shown = "\(verb) \(Format.count(done)) of \(Format.count(total))"
        Console.note(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
        isShown = true
    }

    /// The line is left standing.
    func end() { if isTerminal, isShown { Console.note("\n") } }
}
