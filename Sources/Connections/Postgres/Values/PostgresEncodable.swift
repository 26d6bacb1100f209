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

extension PostgresEncodable {
    /// No NULL.
    public var isPostgresNull: Bool { false }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// Sent as the type of what it holds.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try rawValue.encode(into: &buffer)
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
