/// A value that can be bound to a statement, in Postgres's binary format and with its type.
///
/// A type with a raw value needs only to declare the conformance.
public protocol PostgresEncodable: Sendable {
    /// The type sent with the value.
    static var postgresType: PostgresType { get }

    /// Whether the value is NULL; then `encode` is not called. Default false.
    var isPostgresNull: Bool { get }

    /// Appends the value's bytes.
    /// - Throws: `.encoding` where Postgres cannot hold the value.
    func encode(into buffer: inout PostgresBuffer) throws(PostgresError)
}

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

/// A value that arrays can hold. For a type that is `PostgresEncodable` and `PostgresDecodable` declaring it is enough.
public protocol PostgresArrayElement: Sendable {
    /// The type of arrays of this value.
    static var postgresArrayType: PostgresType { get }

    /// Appends the bytes of an array of these values.
    static func encodeArray(_ values: [Self], into buffer: inout PostgresBuffer) throws(PostgresError)

    /// Reads an array of these values.
    static func decodeArray(_ value: borrowing PostgresValue) throws(PostgresError) -> [Self]
}

/// A value that can be bound, read, and held by arrays.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable & PostgresArrayElement

extension PostgresEncodable {
    /// No NULL.
    public var isPostgresNull: Bool { false }
}

extension PostgresDecodable {
    /// NULL is an error.
    public static func decodeNull() throws(PostgresError) -> Self {
        throw PostgresError(.decoding, "expected \(Self.self), found NULL")
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// Sent as the type of what it holds.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try rawValue.encode(into: &buffer)
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

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// Sent as the type of what it holds.
    public static var postgresType: PostgresType { Wrapped.postgresType }

    /// Nil is NULL.
    public var isPostgresNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isPostgresNull
        }
    }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        if case .some(let value) = self { try value.encode(into: &buffer) }
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

/// A value of a result that is not NULL: its type and its bytes, lent to a decoder.
public struct PostgresValue: ~Copyable {
    /// The type of the column or of the array's elements.
    public let type: PostgresType
    private let bytes: UnsafeRawBufferPointer

    /// The caller promises that `bytes` outlive the value.
    init(type: PostgresType, bytes: UnsafeRawBufferPointer) {
        self.type = type
        self.bytes = bytes
    }

    /// How many bytes the value has.
    public var count: Int { bytes.count }

    /// Lends the bytes; they are gone when `body` returns.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(bytes)
    }

    /// The integer that the bytes are.
    /// - Throws: `.decoding` if there are more or less bytes.
    public func integer<I: FixedWidthInteger>(as: I.Type = I.self) throws(PostgresError) -> I {
        guard bytes.count == MemoryLayout<I>.size else { throw malformed() }
        return I(bigEndian: bytes.loadUnaligned(as: I.self))
    }

    /// The error of a column that has another type than the decoder takes.
    public func mismatch<T>(_ expected: T.Type) -> PostgresError {
        PostgresError(.decoding, "expected \(T.self), found \(type); a cast in the SQL may help")
    }

    func malformed() -> PostgresError {
        PostgresError(.decoding, "the bytes are no \(type)")
    }
}
