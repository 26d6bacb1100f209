/// A value that arrays can hold. For a type that is `PostgresEncodable` and `PostgresDecodable` declaring it is enough.
public protocol PostgresArrayElement: Sendable {
    /// The type of arrays of this value.
    static var postgresArrayType: PostgresType { get }

    /// Appends the bytes of an array of these values.
    static func encodeArray(_ values: [Self], into buffer: inout PostgresBuffer) throws(PostgresError)

    /// Reads an array of these values.
    static func decodeArray(_ value: borrowing PostgresValue) throws(PostgresError) -> [Self]
}
