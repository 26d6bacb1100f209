/// Queues statements in libpq's pipeline and reads their results in order.
///
/// Between two calls of the connection either all results are read, or those of an open transaction's queued statements
/// are outstanding. After its first connection error or timeout it is dead for good.
final class Pipeline {
    /// What the next result belongs to.
    fileprivate enum Awaited {
        case prepare(StatementKey)
        case statement(StatementKey)
        case commit(StatementKey)
        case deallocate(String)
        case sync
    }

    /// So many outstanding results, or a mebibyte not yet sent, are worth a wait: memory stays bounded on both sides.
    private static let resultLimit = 4000
    private static let byteLimit = 1 << 20
    /// What is queued is handed to the system in pieces of this size, so that the server works on the first statements while
    /// the next are made. libpq by itself would wait for 64 KiB.
    private static let pushSize = 8 << 10

    private var handle: ConnectionHandle
    private var cache: StatementCache
    private var awaited: [Awaited] = []
    private var unsentBytes = 0
    private var unpushedBytes = 0
    private(set) var death: PostgresError?
    /// The server ended the session at a statement before COMMIT, so COMMIT did not happen.
    private(set) var endedBeforeCommit = false

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        handle = try ConnectionHandle(configuration)
        cache = StatementCache(limit: configuration.preparedStatementLimit)
    }

    var backendPID: Int32 { handle.backendPID }
    var isIdle: Bool { handle.isIdle }
    var preparedCount: Int { cache.count }

    // MARK: Queueing

    /// Queues a statement. No round trip, but for a wait when very much is queued, where an earlier statement's error
    /// can surface.
    func queue(_ sql: SQL, isCommit: Bool = false) throws(PostgresError) {
        try checkAlive()
        if let failure = sql.failure { throw failure.of(statement: sql.text) }
        guard sql.parameters.count <= Parameters.limit else {
            throw PostgresError(
                .encoding,
                "a statement takes \(Parameters.limit) values, this has \(sql.parameters.count)"
            ).of(statement: sql.text)
        }
        let key = StatementKey(text: sql.text, types: sql.parameters.types)
        switch cache.look(up: key) {
        case .prepared(let name):
            try send(handle.sendPrepared(name, sql.parameters))
        case .unknown(let name):
            if sql.text.utf8.contains(0) {
                cache.forget(key)
                throw PostgresError(.encoding, "the statement's text holds a NUL character").of(statement: sql.text)
            }
            try send(handle.sendPrepare(name, sql.text, types: sql.parameters.types))
            awaited.append(.prepare(key))
            try send(handle.sendPrepared(name, sql.parameters))
        case .full:
            if sql.text.utf8.contains(0) {
                throw PostgresError(.encoding, "the statement's text holds a NUL character").of(statement: sql.text)
            }
            try send(handle.sendUnprepared(sql.text, sql.parameters))
        }
        awaited.append(isCommit ? .commit(key) : .statement(key))
        // The frames of Bind, Describe and Execute, roughly, and the values.
        let size = 48 + sql.parameters.count * 8 + sql.parameters.byteCount
        unsentBytes += size
        unpushedBytes += size
    }

    /// Keeps what is queued in bounds, by sending and reading.
    func relieve() throws(PostgresError) {
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
    func tidy() throws(PostgresError) {
        let names = cache.takeDiscarded()
        guard !names.isEmpty else { return }
        for name in names {
            try send(handle.sendUnprepared("DEALLOCATE \(name)", Parameters()))
            awaited.append(.deallocate(name))
        }
        try sync()
    }

    /// Asks for the results of what is queued, within a transaction.
    ///
    /// By a sync: after a mere flush request the server believes that the group goes on, shows the session as active, and
    /// `idle_in_transaction_session_timeout` never ends it, however long its locks are kept.
    func askForResults() throws(PostgresError) { try sync() }

    /// Ends a group of statements.
    func sync() throws(PostgresError) {
        try send(handle.sendSync())
        awaited.append(.sync)
    }

    /// Queues an unprepared statement: one that must work even if the server has lost the prepared ones.
    func queueUnprepared(_ text: String) throws(PostgresError) {
        try send(handle.sendUnprepared(text, Parameters()))
        awaited.append(.statement(StatementKey(text: text, types: [])))
    }

    // MARK: Reading

    /// Reads the results of everything queued; the last statement's is returned.
    ///
    /// - Throws: the first error, after all is read and the pipeline works again.
    func drain() throws(PostgresError) -> ResultHandle? {
        unsentBytes = 0
        unpushedBytes = 0
        var last: ResultHandle?
        var failure: PostgresError?
        var index = 0
        while index < awaited.count {
            let current = awaited[index]
            let result = try read(current)
            index += 1
            let kind = result.kind
            switch kind {
            case .success:
                if current.isStatement { last = consume result }
            case .sync: break
            case .aborted: dropped(current, because: nil)
            case .unsupported:
                throw die(PostgresError(.misuse, "COPY is not supported").about(current))
            case .failure:
                let error = result.error.about(current)
                if handle.isBroken || error.fields.isFatal {
                    if error.fields.isFatal, case .statement = current { endedBeforeCommit = true }
                    throw die(error)
                }
                if dropped(current, because: error) { failure = failure ?? error }
                // The server skips all up to the next sync, and if none is queued it would skip for ever.
                if !awaited[index...].contains(where: \.isSync) { try sync() }
            }
        }
        awaited.removeAll(keepingCapacity: true)
        if let failure { throw failure }
        return last
    }

    private func read(_ current: Awaited) throws(PostgresError) -> ResultHandle {
        let result = try alive { handle throws(PostgresError) in
            guard let result = try handle.receive() else {
                throw handle.failure(.connectionLost, "libpq gave no result")
            }
            return result
        }
        guard !current.isSync else { return result }
        // Each statement's results end with none.
        while let extra = try alive({ handle throws(PostgresError) in try handle.receive() }) {
            if extra.kind == .unsupported { break }
        }
        return result
    }

    /// Keeps the cache true to what the server has; whether the failure is the user's.
    @discardableResult
    private func dropped(_ current: Awaited, because error: PostgresError?) -> Bool {
        switch current {
        case .prepare(let key):
            cache.forget(key)
            return true
        case .statement(let key), .commit(let key):
            guard let error, error.fields.isStaleStatement else { return true }
            if error.sqlState == .invalidStatementName {
                cache.forgetAll()
            } else {
                cache.discard(key)
            }
            return true
        case .deallocate(let name):
            // One that the server does not know is gone; the rest are tried again later.
            if error == nil { cache.putBack(name) }
            return false
        case .sync:
            return true
        }
    }

    // MARK: Scripts

    /// Runs a text of several statements by the simple protocol. Nothing may be outstanding.
    func runScript(_ text: String) throws(PostgresError) {
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

    /// Looks whether the server has ended the session while nobody used it.
    func notice() {
        guard death == nil else { return }
        handle.consumeUnasked()
        if handle.isBroken {
            _ = die(handle.failure(.connectionLost, "the connection to Postgres was lost"))
        }
    }

    /// Closes the connection; every later call throws this error.
    func die(_ error: PostgresError) -> PostgresError {
        if death == nil {
            var fields = error.fields
            if !error.isConnectionDead { fields.code = .connectionLost }
            death = PostgresError(fields)
            handle.close()
            awaited.removeAll()
        }
        return error
    }

    private func send(_ accepted: Bool) throws(PostgresError) {
        guard !accepted else { return }
        try checkAlive()
        throw die(handle.failure(.connectionLost, "libpq could not send"))
    }

    /// Runs work on the handle; a failure of it is the connection's death.
    private func alive<R: ~Copyable>(
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

extension Pipeline.Awaited {
    fileprivate var isStatement: Bool {
        switch self {
        case .statement, .commit: true
        case .prepare, .deallocate, .sync: false
        }
    }

    fileprivate var isSync: Bool {
        if case .sync = self { true } else { false }
    }
}

extension PostgresError {
    /// The same error of the statement that was awaited.
    fileprivate func about(_ awaited: Pipeline.Awaited) -> PostgresError {
        switch awaited {
        case .prepare(let key), .statement(let key), .commit(let key): of(statement: key.text)
        case .deallocate, .sync: self
        }
    }
}
