/// One way in which an event is not as the contract says.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// The field, with its place if it is nested (`lines[2].cents`); nil where it is about the event as a whole.
    public let field: String?
    /// What the contract expects.
    public let expected: String
    /// What is there instead: data, shortened.
    public let got: String
    /// The kind of what is there instead: `a string`. No data.
    public let gotKind: String

    init(field: String? = nil, expected: String, got: String, kind: String? = nil) {
        self.field = field
        self.expected = expected
        self.got = got
        gotKind = kind ?? got
    }

    /// `commission: expected an integer, got the decimal 12.50`
    public var description: String { text(got) }

    /// The same without the data: `commission: expected an integer, got a decimal`
    public var publicDescription: String { text(gotKind) }

    private func text(_ got: String) -> String {
        "\(field.map { "\($0): " } ?? "")expected \(expected), got \(got)"
    }

    /// The same of a value that lies within a field or an element, whose place is given: `lines`, `[2]`.
    func within(_ place: String) -> Violation {
        let inner = field ?? ""
        let joint = inner.isEmpty || inner.hasPrefix("[") ? "" : "."
        return Violation(field: place + joint + inner, expected: expected, got: got, kind: gotKind)
    }
}
