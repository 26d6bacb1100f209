/// A connection to Postgres, used from one thread, on which its calls block.
///
/// Every wait is bounded by the configuration's `replyTimeout`. After its first connection error or timeout it is dead:
/// it is closed, and every later call throws that error. Make a new one then. A server that has become read-only also ends the
/// connection, at the first write that it refuses: the server's name may lead to another one by now.
public final class PostgresConnection {
    var pipeline: Pipeline
    /// The number of the open transaction; nil when none is. Numbers never come again, so that the end of an old
    /// `Transaction` cannot touch a new one.
    var openTransaction: Int?
    private var transactionCount = 0
    /// What is to run when the open transaction has committed.
    var commitActions: [@Sendable () -> Void] = []
    /// What goes with the connection for those who are given its transactions. Nothing is done with it here.
    package var companion: (any AnyObject & Sendable)?

    /// By which it was made.
    package let configuration: PostgresConfiguration

    /// Connects: to one host of the configuration after the other, each within `connectTimeout`, the one that served last first.
    /// - Throws: `.connectionFailed`.
    public init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        self.configuration = configuration
        pipeline = try Pipeline(configuration)
    }

    /// Whether a connection error or a timeout has ended this connection.
    public var isDead: Bool { pipeline.death != nil }

    /// The server's process, as in `pg_stat_activity`; 0 when dead.
    public var backendPID: Int32 { pipeline.backendPID }

    /// Checks, without waiting, whether the server has ended the session since the last use. A connection that passes the check
    /// can still fail: its end may not have arrived yet.
    package func noticeEnd() {
        pipeline.notice()
    }

    /// Runs the body with another limit to the server's silence; nil: it may be silent for as long as its machine is there, as a
    /// migration needs that rewrites a table. That its machine is gone is noticed within 30 s.
    package func withReplyTimeout<R>(_ timeout: Duration?, _ body: () throws -> R) rethrows -> R {
        let usual = pipeline.handle.replyTimeout
        pipeline.handle.replyTimeout = timeout
        defer { pipeline.handle.replyTimeout = usual }
        return try body()
    }

    /// The process of the session that a statement by itself meets now, as the server says it. It is `backendPID` where nothing
    /// stands between: a pooler makes that number up. Nothing is prepared for it.
    package func serverPID() throws -> Int32 {
        let usual = pipeline.prepares
        pipeline.prepares = false
        defer { pipeline.prepares = usual }
        return try query("SELECT pg_backend_pid()") { try $0.decode(0, as: Int32.self) }.first ?? 0
    }

    // MARK: Transactions

    /// Begins a transaction. BEGIN is only queued: it costs no round trip.
    ///
    /// - Throws: the error this connection died of; `.misuse` while another transaction is open. One that is submitted is
    ///   not open.
    public func begin(isolation: Isolation = .readCommitted) throws(PostgresError) -> Transaction {
        try checkNoTransaction()
        try pipeline.checkWritable()
        try pipeline.relieve()
        try pipeline.tidy()
        try pipeline.begin(isolation)
        transactionCount += 1
        openTransaction = transactionCount
        commitActions = []
        return Transaction(connection: self, number: transactionCount)
    }

    /// Runs `body` in a transaction and commits; rolls back if it throws, and throws its error.
    ///
    /// - Throws: what `body` throws, or what `Transaction.commit` throws.
    public func transaction<R>(
        isolation: Isolation = .readCommitted,
        _ body: (borrowing Transaction) throws -> R
    ) throws -> R {
        let transaction = try begin(isolation: isolation)
        let result: R
        do {
            result = try body(transaction)
        } catch {
            transaction.rollback()
            throw error
        }
        try transaction.commit()
        return result
    }

    // MARK: Single statements

    /// Runs one statement by itself, in one round trip, and decodes its rows.
    ///
    /// - Throws: `.server` with the statement; `.decoding`; what `decode` throws; or a connection error: then it may have
    ///   taken effect or not.
    public func query<T>(_ sql: SQL, _ decode: (borrowing Row) throws -> T) throws -> [T] {
        guard let result = try run(sql) else { return [] }
        return try result.decodeRows(decode)
    }

    /// Runs one statement by itself, in one round trip.
    ///
    /// - Returns: how many rows it changed; for a query, returned.
    /// - Throws: `.server` with the statement, or a connection error: then it may have taken effect or not.
    @discardableResult
    public func execute(_ sql: SQL) throws(PostgresError) -> Int {
        try run(sql)?.affectedRows ?? 0
    }

    /// Runs a text of several statements, separated by semicolons, as for migrations. They are one transaction, unless
    /// the text has its own BEGIN and COMMIT. It binds no values and must be the program's own.
    ///
    /// - Throws: the first statement's error, after which none was run; `.misuse` if it left a transaction open, which is
    ///   rolled back.
    public func executeScript(_ text: String) throws(PostgresError) {
        try standAlone()
        do throws(PostgresError) {
            try pipeline.runScript(text)
        } catch {
            if !isDead, !pipeline.isIdle { endTransaction() }
            throw error
        }
        guard pipeline.isIdle else {
            endTransaction()
            throw PostgresError(.misuse, "the script left a transaction open; it was rolled back")
        }
    }

    private func run(_ sql: SQL) throws(PostgresError) -> ResultHandle? {
        try standAlone()
        try pipeline.tidy()
        do throws(PostgresError) {
            return try runOnce(sql)
        } catch {
            // The server refused its old plan before it ran anything; prepared anew the statement fits.
            guard error.code == .server, error.fields.isStaleStatement else { throw error }
            return try runOnce(sql)
        }
    }

    private func runOnce(_ sql: SQL) throws(PostgresError) -> ResultHandle? {
        var sql = sql
        try pipeline.queue(&sql)
        try pipeline.sync()
        return try pipeline.drain()
    }

    private func checkNoTransaction() throws(PostgresError) {
        try pipeline.checkAlive()
        guard openTransaction == nil else {
            throw PostgresError(.misuse, "a transaction is open on this connection")
        }
    }

    /// Reads first what submitted transactions have outstanding, so that nothing of theirs touches what follows.
    private func standAlone() throws(PostgresError) {
        try checkNoTransaction()
        guard pipeline.isAwaiting else { return }
        _ = try pipeline.drain()
        leaveAbortedBlock()
        try pipeline.checkAlive()
    }

    /// Rolls back what the server has open, whatever is queued. A failure is the connection's death.
    func endTransaction() {
        openTransaction = nil
        guard !isDead else { return }
        do throws(PostgresError) {
            // An error among the queued statements makes the server skip all up to the sync, so the first one ends that.
            try pipeline.sync()
            try pipeline.queueUnprepared("ROLLBACK")
            try pipeline.sync()
            _ = try pipeline.drain()
        } catch {
            // Of a statement that was queued before; nobody waits for it any more.
        }
        if !isDead, !pipeline.isIdle {
            _ = pipeline.die(PostgresError(.connectionLost, "the transaction could not be rolled back"))
        }
    }
}
