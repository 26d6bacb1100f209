/// A JSON text for a column of type jsonb: Postgres keeps the value, not its spelling.
public struct JSONB: Sendable, Hashable, PostgresCodable {
    /// The text, which Postgres validates; read back it may be spelt otherwise.
    public var text: String

    /// The JSON of this text.
    public init(text: String) { self.text = text }

    /// Sent as jsonb.
    public static var postgresType: PostgresType { .jsonb }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        // The version of the binary format.
        buffer.append(UInt8(1))
        try buffer.append(text: text)
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> JSONB {
        switch value.type {
        case .json: return JSONB(text: try value.text())
        case .jsonb: return JSONB(text: try value.jsonb())
        default: throw value.mismatch(JSONB.self)
        }
    }
}
