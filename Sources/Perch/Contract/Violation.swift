/// One way in which an event is not as the contract says.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// The field; nil where it is about the event as a whole.
    public let field: String?
    /// What the contract expects.
    public let expected: String
    /// What is there instead: data, shortened.
    public let got: String

    init(field: String? = nil, expected: String, got: String) {
        self.field = field
        self.expected = expected
        self.got = got
    }

    /// `commission: expected an integer, got the decimal 12.50`
    public var description: String {
        "\(field.map { "\($0): " } ?? "")expected \(expected), got \(got)"
    }
}
