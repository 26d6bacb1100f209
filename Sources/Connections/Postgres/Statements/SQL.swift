/// A statement with its values. Interpolation binds, it never pastes text:
///
///     let sql: SQL = "SELECT name FROM users WHERE id = \(id) AND state = ANY(\(states))"
///
/// Each `\(value)` becomes `$1`, `$2` … and its value is sent beside the text in binary, with its type. Where Postgres
/// has no cast from that type, write one: `\(text)::jsonb`. The text is prepared once per connection, so it should not
/// vary without end.
///
/// What is written as a literal costs nothing at runtime: the statement is known by its place in the program, and its
/// text is made only when it is prepared or asked for.
public struct SQL: ExpressibleByStringInterpolation, Sendable, CustomStringConvertible {
    @usableFromInline var shape: StatementShape
    @usableFromInline var parameters: Parameters
    /// A value that cannot be sent; thrown where the statement is executed, for interpolation cannot throw.
    @usableFromInline private(set) var failure: Optional<PostgresError>

    @inlinable @inline(__always)
    init() {
        shape = StatementShape()
        parameters = Parameters()
        failure = nil
    }

    /// A statement without values.
    @inlinable @inline(__always)
    public init(stringLiteral text: StaticString) {
        self.init()
        shape.append(text)
    }

    /// A statement with values.
    @inlinable @inline(__always)
    public init(stringInterpolation interpolation: consuming StringInterpolation) { self = interpolation.sql }

    /// A statement without values whose text is made at runtime. It must be the program's own.
    package init(text: String) {
        self.init()
        shape.append(text: text)
    }

    /// The text, with `$1` for the first value. Made anew each time.
    public var text: String { shape.text }

    /// The text, without the values.
    public var description: String { text }

    @usableFromInline
    mutating func fail(_ error: PostgresError) {
        failure = failure ?? error.naming("parameter $\(parameters.count)")
    }

    /// Gathers a statement's text and values.
    public struct StringInterpolation: StringInterpolationProtocol {
        @usableFromInline var sql: SQL

        /// Called by the compiler.
        @inlinable @inline(__always)
        public init(literalCapacity: Int, interpolationCount: Int) { sql = SQL() }

        /// Appends text of the literal.
        @inlinable @inline(__always)
        public mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { sql.shape.append(literal) }
        }

        /// Binds a value, or NULL. Declared beside the one for all values because the compiler warns of an optional in
        /// an interpolation that does not expect one.
        @inlinable @inline(__always)
        public mutating func appendInterpolation<T: PostgresEncodable>(_ value: T?) {
            bind(value)
        }

        /// Binds a value.
        @inlinable @inline(__always)
        public mutating func appendInterpolation<T: PostgresEncodable>(_ value: T) {
            bind(value)
        }

        @inlinable @inline(__always)
        mutating func bind<T: PostgresEncodable>(_ value: T) {
            sql.shape.append(valueOf: T.postgresType)
            do throws(PostgresError) {
                try sql.parameters.append(value)
            } catch {
                sql.fail(error)
            }
        }

        /// What cannot be bound: the compiler says so, and what to do.
        @available(
            *,
            unavailable,
            message: """
                a value in SQL is bound, and its type has no form in Postgres: an enum or struct with a raw value needs only \
                `extension T: PostgresCodable {}`; else write one of its parts, such as `.rawValue`, or conform it to \
                PostgresEncodable
                """
        )
        @_disfavoredOverload
        public mutating func appendInterpolation<T>(_ value: T) { fatalError() }

        /// Appends the name of a table, column … quoted as one identifier.
        public mutating func appendInterpolation(identifier: String) {
            var text = "\""
            for character in identifier.unicodeScalars {
                if character == "\"" { text += "\"" }
                text.unicodeScalars.append(character)
            }
            text += "\""
            sql.shape.append(text: text)
        }

        /// Appends text of the program as it is.
        @inlinable
        public mutating func appendInterpolation(raw: StaticString) {
            appendLiteral(raw)
        }
    }
}

extension PostgresError {
    /// The same error, saying in front what it is about.
    func naming(_ subject: String) -> PostgresError {
        var fields = fields
        fields.summary = "\(subject): \(fields.summary)"
        return PostgresError(fields)
    }

    /// The same error of this statement.
    func of(statement: String) -> PostgresError {
        guard self.statement == nil else { return self }
        var fields = fields
        fields.statement = statement
        return PostgresError(fields)
    }
}
