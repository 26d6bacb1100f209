/// What went wrong with Postgres: with a connection, a statement, a commit or a value.
///
/// Neither text ever holds the password. `description` holds no data values; of the server's and libpq's own words it has those
/// that quote none: why a connection failed, and the messages about schema, constraints, rights and resources. Hints are shown
/// too: whoever raises errors in functions keeps data in the DETAIL. `fullDescription` has all the server said, which may quote
/// data, and is for logs that may hold it.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error. Open: later versions may add kinds, so a `switch` over it needs a `default`.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The name of the kind, as in logs.
        public let rawValue: String

        /// The kind of this name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The name.
        public var description: String { rawValue }

        /// No connection could be made.
        public static let connectionFailed = Code(rawValue: "connectionFailed")
        /// The connection broke. What was not committed is rolled back by the server.
        public static let connectionLost = Code(rawValue: "connectionLost")
        /// The server was silent for longer than the configured time. The connection is dead.
        public static let timeout = Code(rawValue: "timeout")
        /// The server refused a statement; `sqlState` says why. The connection lives.
        public static let server = Code(rawValue: "server")
        /// COMMIT was answered with ROLLBACK: a statement had failed before. Nothing was committed.
        public static let rolledBack = Code(rawValue: "rolledBack")
        /// The connection was lost after COMMIT was sent: it may have been committed or not.
        public static let commitUnclear = Code(rawValue: "commitUnclear")
        /// No connection of a `Database` became free in time, or too many wait for one. Nothing was done.
        public static let busy = Code(rawValue: "busy")
        /// A value of a result is not what was asked for.
        public static let decoding = Code(rawValue: "decoding")
        /// A value cannot be sent.
        public static let encoding = Code(rawValue: "encoding")
        /// A call or a setting that cannot work.
        public static let misuse = Code(rawValue: "misuse")
    }

    /// Errors are rare and travel through typed throws: one pointer instead of eleven fields.
    private final class Storage: Sendable {
        let fields: Fields
        init(_ fields: Fields) { self.fields = fields }
    }

    struct Fields: Sendable {
        var code: Code
        /// What happened in our own words, without data.
        var summary: String
        /// The words of the server or of libpq, which may quote data.
        var message: String?
        var detail: String?
        var hint: String?
        var constraint: String?
        var sqlState: SQLState?
        var statement: String?
        /// The server's plan of a prepared statement no longer fits: the statement, prepared again, may work.
        var isStaleStatement = false
        /// The server ends the session with this error.
        var isFatal = false
    }

    private var storage: Storage

    init(_ fields: Fields) { storage = Storage(fields) }

    /// A value that was read, and is not what its column should hold.
    package static func unreadable(_ summary: String) -> PostgresError { PostgresError(.decoding, summary) }

    init(_ code: Code, _ summary: String, message: String? = nil, statement: String? = nil) {
        self.init(Fields(code: code, summary: summary, message: message, statement: statement))
    }

    var fields: Fields {
        get { storage.fields }
        set { storage = Storage(newValue) }
    }

    /// The kind of error: what a caller decides by.
    public var code: Code { storage.fields.code }

    /// The server's code, where the server spoke.
    public var sqlState: SQLState? { storage.fields.sqlState }

    /// What happened, in the words of the server or libpq where there are any. May quote data.
    public var message: String { storage.fields.message ?? storage.fields.summary }

    /// The server's detail. Often quotes data: `Key (email)=(…) already exists.`
    public var detail: String? { storage.fields.detail }

    /// The server's hint.
    public var hint: String? { storage.fields.hint }

    /// The name of the violated constraint, where there is one.
    public var constraint: String? { storage.fields.constraint }

    /// The SQL of the failed statement, with `$1` for its values.
    public var statement: String? { storage.fields.statement }

    /// Whether the same work may succeed on another try, on a new connection where `isConnectionDead`: serialization
    /// failures, deadlocks, locks not had, lack of resources, shutdowns, lost connections.
    ///
    /// False for `.commitUnclear`: first find out whether it was committed.
    public var isRetriable: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .timeout, .busy: return true
        case .server:
            guard let sqlState else { return false }
            switch sqlState {
            case .serializationFailure, .deadlockDetected, .lockNotAvailable, .invalidStatementName: return true
            default:
                return storage.fields.isStaleStatement || sqlState.rawValue.hasPrefix("57P")
                    || sqlState.errorClass == "53" || sqlState.errorClass == "08"
            }
        default: return false
        }
    }

    /// Whether the connection this came from can no longer be used.
    public var isConnectionDead: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .timeout, .commitUnclear: true
        default: false
        }
    }

    /// What happened, without data values: the kind, the server's words where they quote none, its code, the constraint, the hint
    /// and the statement.
    public var description: String {
        var text = "\(code): \(storage.fields.summary)"
        if let publicMessage { text += ": \(publicMessage)" }
        if let sqlState { text += " [\(sqlState)]" }
        if let constraint { text += " constraint \(constraint)" }
        if let hint { text += "; hint: \(Self.oneLine(hint))" }
        if let statement { text += " in: \(Self.oneLine(statement))" }
        return text
    }

    /// `description` and the server's message and detail. For logs only: these may quote data.
    public var fullDescription: String {
        var text = description
        if let message = storage.fields.message, publicMessage == nil { text += "; message: \(message)" }
        if let detail { text += "; detail: \(detail)" }
        return text
    }

    private var publicMessage: String? {
        guard let message = storage.fields.message else { return nil }
        let isPublic = isConnectionDead || sqlState?.hasMessageWithoutData == true
        return isPublic ? Self.oneLine(message, atMost: 1000) : nil
    }

    private static func oneLine(_ text: String, atMost limit: Int = 200) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count > limit ? "\(words.prefix(limit))…" : words
    }
}
