/// A five-character code by which Postgres names an error, such as `23505`.
///
/// Matched in patterns: `case .uniqueViolation:`. The first two characters are the class.
/// [All codes](https://www.postgresql.org/docs/15/errcodes-appendix.html).
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The five characters.
    public let rawValue: String

    /// The state of these five characters.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The first two characters: the class of errors.
    public var errorClass: String { String(rawValue.prefix(2)) }

    /// Whether two states are the same, for `switch` and `catch`.
    public static func ~= (pattern: SQLState, value: SQLState) -> Bool { pattern == value }

    /// Whether an optional state is this one, for `switch` over `PostgresError.sqlState`.
    public static func ~= (pattern: SQLState, value: SQLState?) -> Bool { pattern == value }

    /// The code, with its name where that is known: `23505 unique_violation`.
    public var description: String {
        Self.names[rawValue].map { "\(rawValue) \($0)" } ?? rawValue
    }

    /// 0A000: the server cannot do that; also a cached plan whose result type has changed.
    public static let featureNotSupported = SQLState(rawValue: "0A000")
    /// 22P02: a text that is no value of its type.
    public static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    /// 22012
    public static let divisionByZero = SQLState(rawValue: "22012")
    /// 23502
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// 23503
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// 23505
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// 23514
    public static let checkViolation = SQLState(rawValue: "23514")
    /// 25006: the server takes no writes. It is a standby, or was made read-only.
    public static let readOnlyTransaction = SQLState(rawValue: "25006")
    /// 25P02: a statement in a transaction that has already failed.
    public static let inFailedTransaction = SQLState(rawValue: "25P02")
    /// 25P03: the server ended a session that was idle in a transaction.
    public static let idleInTransactionTimeout = SQLState(rawValue: "25P03")
    /// 26000: a prepared statement is not there.
    public static let invalidStatementName = SQLState(rawValue: "26000")
    /// 28P01
    public static let invalidPassword = SQLState(rawValue: "28P01")
    /// 3D000: the database does not exist.
    public static let invalidCatalogName = SQLState(rawValue: "3D000")
    /// 3F000: the schema does not exist.
    public static let invalidSchemaName = SQLState(rawValue: "3F000")
    /// 40001
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// 40P01
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    /// 42501
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// 42601
    public static let syntaxError = SQLState(rawValue: "42601")
    /// 42703
    public static let undefinedColumn = SQLState(rawValue: "42703")
    /// 42883
    public static let undefinedFunction = SQLState(rawValue: "42883")
    /// 42P01
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// 42P05: a prepared statement of this name is there already.
    public static let duplicatePreparedStatement = SQLState(rawValue: "42P05")
    /// 42P07
    public static let duplicateTable = SQLState(rawValue: "42P07")
    /// 53300
    public static let tooManyConnections = SQLState(rawValue: "53300")
    /// 55P03: a lock could not be had (`NOWAIT`, `lock_timeout`).
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// 57014: cancelled, also by `statement_timeout`.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// 57P01: the session was terminated, or the server shuts down.
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// 57P02: another session crashed, the server restarts.
    public static let crashShutdown = SQLState(rawValue: "57P02")
    /// 57P03: the server is starting or stopping.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// 57P04: the database was dropped.
    public static let databaseDropped = SQLState(rawValue: "57P04")
    /// 57P05: the server ended a session that was idle.
    public static let idleSessionTimeout = SQLState(rawValue: "57P05")
    /// P0001: `RAISE EXCEPTION` of a function.
    public static let raiseException = SQLState(rawValue: "P0001")

    /// Whether a server that answers so does not serve on this session any more, whether or not it keeps it: it takes no writes,
    /// stops, starts, or has ended the session. Such an answer ends the connection; a new one may lead to a server that serves.
    public var endsConnection: Bool {
        switch self {
        case .readOnlyTransaction, .idleInTransactionTimeout, .adminShutdown, .crashShutdown, .cannotConnectNow,
            .databaseDropped, .idleSessionTimeout:
            true
        default: errorClass == "08"
        }
    }

    /// Whether the server's message for it names tables, columns, roles and settings, but quotes no value: those of class 22
    /// quote what a value was made of, those of class P0 say whatever a function's author wrote.
    var hasMessageWithoutData: Bool {
        ["08", "0A", "23", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"].contains(errorClass)
    }

    /// Whether a table, column, function or schema is not there that the program was written for: neither time nor another
    /// connection cures it.
    package var isMissingSchema: Bool {
        switch self {
        case .invalidSchemaName, .undefinedTable, .undefinedColumn, .undefinedFunction: true
        default: false
        }
    }

    private static let names = [
        "25006": "read_only_sql_transaction", "3F000": "invalid_schema_name", "42883": "undefined_function",
        "57P04": "database_dropped", "57P05": "idle_session_timeout",
        "0A000": "feature_not_supported", "22P02": "invalid_text_representation", "22012": "division_by_zero",
        "23502": "not_null_violation", "23503": "foreign_key_violation", "23505": "unique_violation",
        "23514": "check_violation", "25P02": "in_failed_sql_transaction",
        "25P03": "idle_in_transaction_session_timeout", "26000": "invalid_sql_statement_name",
        "28P01": "invalid_password", "3D000": "invalid_catalog_name", "40001": "serialization_failure",
        "40P01": "deadlock_detected", "42501": "insufficient_privilege", "42601": "syntax_error",
        "42703": "undefined_column", "42P01": "undefined_table", "42P05": "duplicate_prepared_statement",
        "42P07": "duplicate_table",
        "53300": "too_many_connections", "55P03": "lock_not_available", "57014": "query_canceled",
        "57P01": "admin_shutdown", "57P02": "crash_shutdown", "57P03": "cannot_connect_now",
        "P0001": "raise_exception",
    ]
}
