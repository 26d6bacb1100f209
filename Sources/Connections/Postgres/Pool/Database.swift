/// A database, reached by a bounded number of connections. Safe to use from any task.
///
/// Each connection has a thread of its own, on which the closures given here run; they block there and nowhere else.
/// Connections are made when first needed, and made again when one has died. A call that finds no free connection waits in line,
/// for `acquireTimeout` at most; if its task is cancelled, it leaves the line with `CancellationError`. A call that has left the
/// line has done nothing. A call that has begun to run is not cancelled.
public final class Database: Sendable {
    let pool: ConnectionPool
    private let observer: (@Sendable (TransactionReport) -> Void)?

    /// - Parameters:
    ///   - configuration: where the database is.
    ///   - size: the most connections it opens, at least 1. Default 4.
    ///   - acquireTimeout: how long a call waits for a free connection before it fails with `.busy`. Default 5 s. While a server
    ///     is frozen, a call with a connection waits for `replyTimeout`, and all others wait this long.
    ///   - longestLine: how many calls may wait; a further one fails with `.busy` at once. Default 1,000.
    ///   - observer: is told of each transaction when it has ended, for metrics; it must not block. Default: nobody.
    public convenience init(
        _ configuration: PostgresConfiguration,
        size: Int = 4,
        acquireTimeout: Duration = .seconds(5),
        longestLine: Int = 1_000,
        observer: (@Sendable (TransactionReport) -> Void)? = nil
    ) {
        self.init(
            configuration,
            size: size,
            acquireTimeout: acquireTimeout,
            longestLine: longestLine,
            companion: nil,
            observer: observer
        )
    }

    /// - Parameter companion: of each connection.
    package init(
        _ configuration: PostgresConfiguration,
        size: Int,
        acquireTimeout: Duration,
        longestLine: Int,
        companion: (any AnyObject & Sendable)?,
        observer: (@Sendable (TransactionReport) -> Void)?
    ) {
        pool = ConnectionPool(
            configuration,
            size: size,
            acquireTimeout: acquireTimeout,
            longestLine: longestLine,
            companion: companion
        )
        self.observer = observer
    }

    /// Runs `body` in a transaction on a connection's thread and commits; rolls back if it throws, and throws its error.
    ///
    /// Nothing is tried again by itself: see `PostgresError.isRetriable`.
    /// - Throws: what `body` throws; what `Transaction.commit` throws; `.connectionFailed`; `.busy`, and `CancellationError` before
    ///   anything was done; `.misuse` when closed.
    public func transaction<R: Sendable>(
        isolation: Isolation = .readCommitted,
        _ body: @Sendable (borrowing Transaction) throws -> R
    ) async throws -> R {
        let member = try await pool.acquire()
        defer { pool.release(member) }
        guard let observer else { return try await member.transaction(isolation: isolation, body) }
        let began = ContinuousClock.now
        func report(isCommitted: Bool) {
            observer(TransactionReport(duration: began.duration(to: .now), isCommitted: isCommitted))
        }
        do {
            let result = try await member.transaction(isolation: isolation, body)
            report(isCommitted: true)
            return result
        } catch {
            report(isCommitted: false)
            throw error
        }
    }

    /// Runs one statement by itself and decodes its rows, both on a connection's thread.
    /// - Throws: as `PostgresConnection.query`, and as `transaction`.
    public func query<T: Sendable>(
        _ sql: SQL,
        _ decode: @Sendable (borrowing Row) throws -> T
    ) async throws -> [T] {
        let member = try await pool.acquire()
        defer { pool.release(member) }
        return try await member.query(sql, decode)
    }

    /// Runs one statement by itself.
    /// - Returns: how many rows it changed; for a query, returned.
    /// - Throws: as `PostgresConnection.execute`, and as `transaction`.
    @discardableResult
    public func execute(_ sql: SQL) async throws -> Int {
        let member = try await pool.acquire()
        defer { pool.release(member) }
        return try await member.execute(sql)
    }

    /// Waits for the connections in use and closes all. Those that wait in line, and every later call, fail with
    /// `.misuse`. A second call waits too.
    public func close() async {
        await pool.close()
    }
}
