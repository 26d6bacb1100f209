/// A value that can be read from a column, in Postgres's binary format.
///
/// A type with a raw value needs only to declare the conformance.
public protocol PostgresDecodable {
    /// Reads the value.
    /// - Throws: `.decoding` where the column's type or content does not fit.
    static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Self

    /// What NULL is read as. Default: an error; nil for optionals.
    static func decodeNull() throws(PostgresError) -> Self
}

extension PostgresDecodable {
    /// NULL is an error.
    public static func decodeNull() throws(PostgresError) -> Self {
        throw PostgresError(.decoding, "expected \(Self.self), found NULL")
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Self {
        guard let decoded = Self(rawValue: try RawValue.decode(value)) else {
            throw PostgresError(.decoding, "the value is no \(Self.self)")
        }
        return decoded
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Self {
        .some(try Wrapped.decode(value))
    }

    /// NULL is nil.
    public static func decodeNull() throws(PostgresError) -> Self { nil }
}
