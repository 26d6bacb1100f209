/// An open transaction of a connection. Dropped without `commit`, it is rolled back.
///
/// Its calls block the connection's thread. A statement that fails fails the transaction: until ROLLBACK TO a savepoint,
/// all others fail too, and `commit` throws.
public struct Transaction: ~Copyable {
    private let connection: PostgresConnection
    private let number: Int

    init(connection: PostgresConnection, number: Int) {
        self.connection = connection
        self.number = number
    }

    deinit {
        if connection.openTransaction == number { connection.endTransaction() }
    }

    /// The connection's companion.
    package var companion: (any AnyObject & Sendable)? { connection.companion }

    /// Queues a statement, without a round trip. It runs in order with the others; its rows are not read.
    ///
    /// - Throws: `.encoding`; the connection's error; the error of an earlier statement only after some thousand queued ones.
    ///   Its own error surfaces at the next `query`, `affectedRows`, `flush` or `commit`, which names this statement.
    /// - Parameter sql: Taken over, so that its values are sent from where they are; a borrowed one is passed as `copy sql`.
    @inlinable @inline(__always)
    public func execute(_ sql: consuming SQL) throws(PostgresError) { try queue(&sql) }

    @usableFromInline
    func queue(_ sql: inout SQL) throws(PostgresError) {
        // Whether the connection lives is looked at by `queue`.
        if connection.openTransaction != number { try checkOpen() }
        guard try connection.pipeline.queue(&sql) else { return }
        try watched { pipeline throws(PostgresError) in try pipeline.relieve() }
    }

    /// Runs a query, in one round trip together with all that was queued before it, and decodes its rows.
    ///
    /// - Throws: the first error of the statements queued before, or its own: `.server`, with the statement it is about;
    ///   `.decoding`; what `decode` throws; or a connection error.
    public func query<T>(_ sql: SQL, _ decode: (borrowing Row) throws -> T) throws -> [T] {
        guard let result = try run(sql) else { return [] }
        return try result.decodeRows(decode)
    }

    /// Runs a statement, in one round trip together with all that was queued before it.
    ///
    /// - Returns: how many rows it changed; for a query, returned.
    /// - Throws: as `query`.
    public func affectedRows(_ sql: SQL) throws(PostgresError) -> Int {
        try run(sql)?.affectedRows ?? 0
    }

    /// Waits until everything queued has succeeded. One round trip.
    ///
    /// - Throws: the first error of the queued statements.
    public func flush() throws(PostgresError) {
        try checkOpen()
        try watched { pipeline throws(PostgresError) in
            try pipeline.askForResults()
            _ = try pipeline.drain()
        }
    }

    /// Commits: returns only when the server has said COMMIT. One round trip together with all that was queued.
    ///
    /// - Throws: the first error of the queued statements or of COMMIT itself; `.rolledBack` where an earlier error was
    ///   caught and not undone by a savepoint; after these nothing is committed and the connection is usable.
    ///   `.commitUnclear` where the connection was lost or timed out once COMMIT was sent.
    public consuming func commit() throws(PostgresError) {
        try submit().outcome()
    }

    /// Sends COMMIT and waits for nothing; the next transaction can begin behind it.
    ///
    /// - Throws: the error this connection died of; `.commitUnclear` where it died of this.
    public consuming func submit() throws(PostgresError) -> SubmittedTransaction {
        try checkOpen()
        return SubmittedTransaction(connection: connection, submission: try connection.submit())
    }

    /// Runs `action` on this thread once the transaction is known to have committed, and never if it has not. What it captures
    /// must not use this connection when it is freed: that may be while the connection is at work.
    package func afterCommit(_ action: @escaping @Sendable () -> Void) {
        connection.commitActions.append(action)
    }

    /// Rolls back. Never fails: where it cannot, the connection is dead, and the server rolls back by itself.
    public consuming func rollback() {
        if connection.openTransaction == number { connection.endTransaction() }
    }

    private func run(_ sql: SQL) throws(PostgresError) -> ResultHandle? {
        try checkOpen()
        var sql = sql
        try connection.pipeline.queue(&sql)
        return try watched { pipeline throws(PostgresError) in
            try pipeline.askForResults()
            return try pipeline.drain()
        }
    }

    private func checkOpen() throws(PostgresError) {
        try connection.pipeline.checkAlive()
        guard connection.openTransaction == number else {
            throw PostgresError(.rolledBack, "the transaction has already ended")
        }
    }

    /// Runs work that reads results. An error may have ended the transaction on the server, and what followed would then
    /// be committed statement by statement; or it may never have begun, and what followed would be done in the block
    /// that an earlier one has left.
    private func watched<R: ~Copyable>(
        _ body: (inout Pipeline) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        do throws(PostgresError) {
            return try body(&connection.pipeline)
        } catch {
            if !connection.isDead, error.code == .server,
                connection.pipeline.isIdle || !connection.pipeline.hasBegun
            {
                connection.openTransaction = nil
                connection.leaveAbortedBlock()
            }
            throw error
        }
    }
}
