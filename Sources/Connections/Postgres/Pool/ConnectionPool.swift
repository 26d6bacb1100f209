import Synchronization

/// Lends connections to one task each; those who wait get them in the order they came. The line is bounded in length and time.
final class ConnectionPool: Sendable {
    private struct Waiter {
        let number: Int
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<PooledConnection, any Error>
    }

    private struct State {
        var idle: [PooledConnection]
        var waiters: [Waiter] = []
        var waiterCount = 0
        var closers: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
        /// A task looks after those whose time is over.
        var isWatched = false

        /// One that nobody uses, nil if there is none. Nobody is in line while there is one, so nobody is overtaken.
        mutating func takeIdle() throws -> PooledConnection? {
            if isClosed { throw ConnectionPool.closedError }
            try Task.checkCancellation()
            return idle.popLast()
        }
    }

    private let members: [PooledConnection]
    private let acquireTimeout: Duration
    private let longestLine: Int
    private let state: Mutex<State>

    init(
        _ configuration: PostgresConfiguration,
        size: Int,
        acquireTimeout: Duration,
        longestLine: Int,
        companion: (any AnyObject & Sendable)?
    ) {
        self.acquireTimeout = acquireTimeout
        self.longestLine = longestLine
        members = (1...max(size, 1)).map { PooledConnection(configuration, number: $0, companion: companion) }
        // The last is taken first, so that few connections serve little work.
        state = Mutex(State(idle: members.reversed()))
    }

    /// How many tasks wait for a connection.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// A connection for the caller alone, until `release`.
    func acquire() async throws -> PooledConnection {
        // Who need not wait needs no continuation, and nobody who would cancel it.
        if let member = try state.withLock({ state throws in try state.takeIdle() }) { return member }
        return try await waitInLine()
    }

    private func waitInLine() async throws -> PooledConnection {
        let deadline = ContinuousClock.now + acquireTimeout
        let number = state.withLock { state in
            state.waiterCount += 1
            return state.waiterCount
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLock { state in
                    // Cancelled before it stands in line, `onCancel` may have looked for it in vain: `takeIdle` looks again.
                    Result {
                        if let member = try state.takeIdle() { return member as PooledConnection? }
                        guard state.waiters.count < longestLine else { throw busy("\(longestLine) wait already") }
                        state.waiters.append(Waiter(number: number, deadline: deadline, continuation: continuation))
                        return nil
                    }
                }
                switch answer {
                case .success(let member?): continuation.resume(returning: member)
                case .success(nil): watch()
                case .failure(let error): continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Sends those away whose time is over, while anybody waits. All wait equally long, so the first in line is the first to go.
    private func watch() {
        let begins = state.withLock { state in
            defer { state.isWatched = true }
            return !state.isWatched
        }
        guard begins else { return }
        Task {
            while let next = dismiss() { try? await Task.sleep(until: next, clock: .continuous) }
        }
    }

    /// - Returns: When to look again; nil: nobody waits.
    private func dismiss() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        let (late, next) = state.withLock { state in
            let late = Array(state.waiters.prefix { $0.deadline <= now })
            state.waiters.removeFirst(late.count)
            if state.waiters.isEmpty { state.isWatched = false }
            return (late, state.waiters.first?.deadline)
        }
        for waiter in late {
            waiter.continuation.resume(throwing: busy("none became free within \(acquireTimeout)"))
        }
        return next
    }

    private func busy(_ reason: String) -> PostgresError {
        PostgresError(.busy, "all \(members.count) connections to Postgres are in use, and \(reason)")
    }

    /// Gives a connection back; the first in line has it then.
    func release(_ member: PooledConnection) {
        let (waiter, closers) = state.withLock {
            state -> (Waiter?, [CheckedContinuation<Void, Never>]) in
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), []) }
            state.idle.append(member)
            guard state.isClosed, state.idle.count == members.count else { return (nil, []) }
            defer { state.closers.removeAll() }
            return (nil, state.closers)
        }
        waiter?.continuation.resume(returning: member)
        for closer in closers { closer.resume() }
    }

    /// Fails those in line, waits for those in use, closes all.
    func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: Self.closedError) }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.idle.count == members.count { return true }
                state.closers.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        for member in members {
            await member.close()
        }
    }

    private static var closedError: PostgresError { PostgresError(.misuse, "the database is closed") }
}
