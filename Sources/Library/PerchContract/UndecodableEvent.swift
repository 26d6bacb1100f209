import StrictJSON

/// An event that cannot be read as its Swift type: a known field is missing or wrong, or its data is not JSON.
///
/// Trying again does not help. Thrown by a handler, it makes the event a dead letter at once.
public struct UndecodableEvent: Error, Hashable, Sendable, CustomStringConvertible {
    /// Of the Swift type that it was to be read as.
    public let type: EventType
    /// The field, with its place if it is nested (`address.city`); nil where it is about the data as a whole.
    public let field: String?
    /// What was expected: `an integer`.
    public let expected: String
    /// The kind of what is there instead: `a string`. No data.
    public let got: String
    /// What is there instead, shortened: data, for logs that may hold it.
    public let gotValue: String

    /// What was expected and what is there, without data: `ticket_closed cannot be read: ticket_id: expected …, got …`
    public var description: String { text(got) }

    /// The same with the data, shortened.
    public var fullDescription: String { text(gotValue) }

    private func text(_ got: String) -> String {
        "\(type) cannot be read: \(field.map { "\($0): " } ?? "")expected \(expected), got \(got)"
    }
}

extension UndecodableEvent {
    /// Of what an event's `init(reading:)` has thrown.
    @usableFromInline
    package static func reading(_ type: EventType, _ error: any Error) -> UndecodableEvent {
        error as? UndecodableEvent ?? UndecodableEvent(error, type: type)
    }

    init(_ error: JSONError, type: EventType) {
        self.init(type: type, field: nil, expected: "a JSON object", got: "\(error)", gotValue: "\(error)")
    }

    init(_ error: any Error, type: EventType) {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context),
            DecodingError.valueNotFound(_, let context):
            let field = Self.path(context.codingPath)
            if let mismatch = context.underlyingError as? JSONMismatch {
                self.init(
                    type: type,
                    field: field,
                    expected: mismatch.expected,
                    got: mismatch.kind,
                    gotValue: mismatch.value
                )
            } else {
                self.init(
                    type: type,
                    field: field,
                    expected: "an allowed value",
                    got: "another",
                    gotValue: context.debugDescription
                )
            }
        case DecodingError.keyNotFound(_, let context):
            let field = Self.path(context.codingPath)
            self.init(type: type, field: field, expected: "a value", got: "nothing", gotValue: "nothing")
        default:
            self.init(type: type, field: nil, expected: "an allowed value", got: "another", gotValue: "\(error)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String? {
        keys.isEmpty ? nil : keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}
