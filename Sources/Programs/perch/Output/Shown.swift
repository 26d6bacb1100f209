import Perch

/// Text that may go to a terminal. `Console` takes nothing else.
///
/// What the program itself writes stands in literals and is taken as it is, colours too. All that is put into a literal by
/// `\(…)`, and every `String`, is taken for the text of others: an event's key, its data, an error, a word of the command
/// line. What of it a terminal would perform is shown instead (`TerminalText`).
struct Shown: Sendable, Hashable, CustomStringConvertible {
    /// Harmless.
    private(set) var text: String

    var description: String { text }
    var isEmpty: Bool { text.isEmpty }
    /// How wide it is.
    var count: Int { text.count }

    private init(harmless text: String) { self.text = text }

    /// In one line.
    init(_ text: String) { self.text = TerminalText.line(text) }

    /// The text's own lines stay.
    init(lines text: String) { self.text = TerminalText.lines(text) }

    /// Bytes of others, in one line.
    init(bytes: [UInt8]) { self.init(TerminalText.decoded(bytes)) }

    /// A JSON text: the same value.
    init(json text: String) { self.text = TerminalText.json(text) }

    static func + (left: Shown, right: Shown) -> Shown { Shown(harmless: left.text + right.text) }

    static func += (left: inout Shown, right: Shown) { left.text += right.text }

    /// The first characters.
    func prefix(_ length: Int) -> Shown { Shown(harmless: String(text.prefix(length))) }

    /// Filled up with spaces.
    func padded(to width: Int, atStart: Bool = false) -> Shown {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return Shown(harmless: atStart ? spaces + text : text + spaces)
    }

    /// Without spaces at its end.
    var trimmed: Shown {
        var text = text
        while text.last == " " { text.removeLast() }
        return Shown(harmless: text)
    }

    /// Its words, to be set anew.
    var words: [Shown] { text.split(separator: " ").map { Shown(harmless: String($0)) } }
}

extension Shown: ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self.init(harmless: value) }

    init(stringInterpolation: StringInterpolation) { self.init(harmless: stringInterpolation.text) }

    /// Literals as they are, values harmless.
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ shown: Shown) { text += shown.text }

        mutating func appendInterpolation(_ value: some Any) { text += TerminalText.line(String(describing: value)) }

        @available(*, unavailable, message: "say what is shown where there is nothing")
        mutating func appendInterpolation<Value>(_ value: Value?) {}
    }
}

extension Sequence where Element == Shown {
    func joined(separator: Shown = "") -> Shown {
        reduce(into: (text: Shown(""), isFirst: true)) { joined, next in
            joined.text += joined.isFirst ? next : separator + next
            joined.isFirst = false
        }.text
    }
}
