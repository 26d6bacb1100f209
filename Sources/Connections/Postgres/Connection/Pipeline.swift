/// Queues statements in libpq's pipeline and reads their results in order.
///
/// Between two calls of the connection these results may be outstanding, in this order: those of submitted transactions,
/// whole; those of an open transaction's queued statements. After its first connection error or timeout it is dead for
/// good.
struct Pipeline: ~Copyable {
    /// What the next result belongs to.
    struct Awaited {
        enum Kind {
            case prepare, begin, statement, commit, deallocate, sync
        }

        let kind: Kind
        /// Nil for a sync.
        var statement: Statement?
    }

    /// So many outstanding results, or a mebibyte not yet sent, are worth a wait: memory stays bounded on both sides.
    private static let resultLimit = 4000
    private static let byteLimit = 1 << 20
    /// What is queued is handed to the system in pieces of this size, so that the server works on the first statements while
    /// the next are made. libpq by itself would wait for 64 KiB.
    private static let pushSize = 8 << 10

    var handle: ConnectionHandle
    var cache: StatementCache
    var awaited: [Awaited] = []
    /// How many results have been read and are no longer in `awaited`.
    var passed = 0
    /// The transactions whose COMMIT is queued and whose results are outstanding, in order.
    var submissions: [Submission] = []
    /// False once the open transaction's BEGIN has failed: the session was in a block that an earlier one left.
    var hasBegun = true
    var unsentBytes = 0
    var unpushedBytes = 0
    private(set) var death: PostgresError?
    private let mustBeWritable: Bool
    /// Whether statements are prepared by name: not where the next one may meet another session.
    var prepares: Bool

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        handle = try ConnectionHandle.connected(to: configuration)
        mustBeWritable = configuration.mustBeWritable
        prepares = configuration.pooling == .session
        cache = StatementCache(limit: configuration.preparedStatementLimit)
    }

    var backendPID: Int32 { handle.backendPID }
    var isIdle: Bool { handle.isIdle }
    var isAwaiting: Bool { !awaited.isEmpty }
    var preparedCount: Int { cache.count }

    // MARK: Queueing

    /// Queues a statement, without a round trip; whether `relieve` has something to do then. The statement stays as it is:
    /// `inout` lends its values where they are, where `borrowing` would copy them.
    @discardableResult
    mutating func queue(_ sql: inout SQL, as kind: Awaited.Kind = .statement) throws(PostgresError) -> Bool {
        try checkAlive()
        guard sql.failure == nil, sql.parameters.count <= Parameters.limit else { throw refusal(of: sql) }
        if let statement = cache.find(&sql.shape) {
            try refuseControl(statement, as: kind)
            try send(handle.sendPrepared(statement, &sql.parameters))
            awaited.append(Awaited(kind: kind, statement: statement))
        } else {
            try queueNew(&sql, as: kind)
        }
        // The frames of Bind, Describe and Execute, roughly, and the values.
        let size = 48 + sql.parameters.count * 4 + sql.parameters.byteCount
        unsentBytes += size
        unpushedBytes += size
        return unpushedBytes > Self.pushSize || awaited.count > Self.resultLimit
    }

    private func refusal(of sql: SQL) -> PostgresError {
        let failure =
            sql.failure
            ?? PostgresError(
                .encoding,
                "a statement takes \(Parameters.limit) values, this has \(sql.parameters.count)"
            )
        return failure.of(statement: sql.text)
    }

    private func refuseControl(_ statement: Statement, as kind: Awaited.Kind) throws(PostgresError) {
        guard statement.isTransactionControl, kind == .statement else { return }
        throw PostgresError(.misuse, "a transaction begun or ended in SQL; use begin, commit and rollback")
            .of(statement: statement.key.text)
    }

    /// A statement that is not known by its place in the program.
    private mutating func queueNew(_ sql: inout SQL, as kind: Awaited.Kind) throws(PostgresError) {
        let key = Statement.Key(text: sql.text, types: sql.shape.types)
        let known = cache.find(key, at: sql.shape)
        let statement = if let known { known } else { try Statement(key) }
        try refuseControl(statement, as: kind)
        if known == nil {
            guard prepares, cache.add(statement, at: sql.shape) else {
                try send(handle.sendUnprepared(statement, &sql.parameters))
                awaited.append(Awaited(kind: kind, statement: statement))
                return
            }
            try send(handle.sendPrepare(statement))
            awaited.append(Awaited(kind: .prepare, statement: statement))
        }
        try send(handle.sendPrepared(statement, &sql.parameters))
        awaited.append(Awaited(kind: kind, statement: statement))
    }

    /// Keeps what is queued in bounds, by sending and reading.
    mutating func relieve() throws(PostgresError) {
        if awaited.count > Self.resultLimit {
            try askForResults()
            _ = try drain()
        } else if unsentBytes > Self.byteLimit {
            try alive { handle throws(PostgresError) in try handle.flush() }
            unsentBytes = 0
            unpushedBytes = 0
        } else if unpushedBytes > Self.pushSize {
            unpushedBytes = 0
            try alive { handle throws(PostgresError) in try handle.push() }
        }
    }

    /// Deallocates statements that left the cache, in a group of their own before the next transaction.
    mutating func tidy() throws(PostgresError) {
        let discarded = cache.takeDiscarded()
        guard !discarded.isEmpty else { return }
        for statement in discarded {
            try queueUnprepared("DEALLOCATE \(statement.name)")
            awaited[awaited.count - 1] = Awaited(kind: .deallocate, statement: statement)
        }
        try sync()
    }

    /// Asks for the results of what is queued, within a transaction.
    ///
    /// By a sync: after a mere flush request the server believes that the group goes on, shows the session as active, and
    /// `idle_in_transaction_session_timeout` never ends it, however long its locks are kept.
    mutating func askForResults() throws(PostgresError) { try sync() }

    /// Ends a group of statements.
    mutating func sync() throws(PostgresError) {
        try send(handle.sendSync())
        awaited.append(Awaited(kind: .sync))
    }

    /// Queues an unprepared statement: one that must work even if the server has lost the prepared ones.
    mutating func queueUnprepared(_ text: String) throws(PostgresError) {
        let statement = try Statement(Statement.Key(text: text, types: []))
        var none = Parameters()
        try send(handle.sendUnprepared(statement, &none))
        awaited.append(Awaited(kind: .statement, statement: statement))
    }

    /// Queues BEGIN.
    mutating func begin(_ isolation: Isolation) throws(PostgresError) {
        var begin = isolation.begin
        try queue(&begin, as: .begin)
        hasBegun = true
    }

    /// Queues COMMIT and hands all to the system; what is queued later belongs to another transaction.
    mutating func submit(_ submission: Submission) throws(PostgresError) {
        submissions.append(submission)
        do throws(PostgresError) {
            var commit: SQL = "COMMIT"
            try queue(&commit, as: .commit)
            submission.commitPosition = passed + awaited.count - 1
            try sync()
            submission.end = passed + awaited.count
            // All of it: COMMIT must not lie here, with the transaction's locks, until something else is sent.
            try alive { handle throws(PostgresError) in try handle.flush() }
            unsentBytes = 0
            unpushedBytes = 0
        } catch {
            // It is the connection's death, which has settled all submissions.
            try submission.outcome?.get()
            throw error
        }
    }

    // MARK: Scripts

    /// Runs a text of several statements by the simple protocol. Nothing may be outstanding.
    mutating func runScript(_ text: String) throws(PostgresError) {
        try checkAlive()
        guard !text.utf8.contains(0) else {
            throw PostgresError(.encoding, "the script holds a NUL character")
        }
        try send(handle.sendScript(text))
        var failure: PostgresError?
        while let result = try alive({ handle throws(PostgresError) in try handle.receive() }) {
            switch result.kind {
            case .failure:
                let error = result.error
                if handle.isBroken || error.fields.isFatal { throw die(error) }
                failure = failure ?? error
            case .unsupported: throw die(PostgresError(.misuse, "COPY is not supported in a script"))
            case .success, .aborted, .sync: break
            }
        }
        try send(handle.endScript())
        if let failure { throw failure }
    }

    // MARK: Life

    /// Whether the connection still stands, as far as the server has told.
    func checkAlive() throws(PostgresError) {
        if let death { throw death }
    }

    /// Leaves a server that has become one that takes no writes, as far as it has told. Without this who only looks for work
    /// in it would look for ever.
    mutating func checkWritable() throws(PostgresError) {
        guard mustBeWritable, death == nil, handle.isReadOnly else { return }
        throw die(.readOnly())
    }

    /// Looks whether the server has ended the session while nobody used it.
    mutating func notice() {
        guard death == nil else { return }
        handle.consumeUnasked()
        if handle.isBroken {
            _ = die(handle.failure(.connectionLost, "the connection to Postgres was lost"))
        }
    }

    /// Closes the connection; every later call throws this error. What is outstanding is settled: the server has not
    /// gone beyond `position`, where that is known.
    mutating func die(_ error: PostgresError, at position: Int = .max) -> PostgresError {
        guard death == nil else { return error }
        var fields = error.fields
        if !error.isConnectionDead { fields.code = .connectionLost }
        let death = PostgresError(fields)
        self.death = death
        if death.sqlState == .readOnlyTransaction { handle.noteUnfit() }
        handle.close()
        awaited.removeAll()
        for submission in submissions {
            submission.settle(lostBy: submission.commitPosition > position ? death : error.whileCommitting)
        }
        submissions.removeAll()
        return error
    }

    private mutating func send(_ accepted: Bool) throws(PostgresError) {
        guard !accepted else { return }
        try checkAlive()
        throw die(handle.failure(.connectionLost, "libpq could not send"))
    }

    /// Runs work on the handle; a failure of it is the connection's death.
    mutating func alive<R: ~Copyable>(
        _ body: (borrowing ConnectionHandle) throws(PostgresError) -> R
    ) throws(PostgresError) -> R {
        try checkAlive()
        do throws(PostgresError) {
            return try body(handle)
        } catch {
            throw die(error)
        }
    }
}
