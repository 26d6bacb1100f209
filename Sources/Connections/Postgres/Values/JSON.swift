/// A JSON text for a column of type json: kept by Postgres as it is written.
public struct JSON: Sendable, Hashable, PostgresCodable {
    /// The text, which Postgres validates.
    public var text: String

    /// The JSON of this text.
    public init(text: String) { self.text = text }

    /// Sent as json.
    public static var postgresType: PostgresType { .json }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try buffer.append(text: text)
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> JSON {
        switch value.type {
        case .json: return JSON(text: try value.text())
        case .jsonb: return JSON(text: try value.jsonb())
        default: throw value.mismatch(JSON.self)
        }
    }
}
