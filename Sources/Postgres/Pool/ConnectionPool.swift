import Synchronization

/// Lends connections to one task each; those who wait get them in the order they came.
final class ConnectionPool: Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<PooledConnection, any Error>
    }

    private struct State {
        var idle: [PooledConnection]
        var waiters: [Waiter] = []
        var waiterCount = 0
        var closers: [CheckedContinuation<Void, Never>] = []
        var isClosed = false

        /// One that nobody uses, nil if there is none. Nobody is in line while there is one, so nobody is overtaken.
        mutating func takeIdle() throws -> PooledConnection? {
            if isClosed { throw ConnectionPool.closedError }
            try Task.checkCancellation()
            return idle.popLast()
        }
    }

    private let members: [PooledConnection]
    private let state: Mutex<State>

    init(_ configuration: PostgresConfiguration, size: Int, companion: (any AnyObject & Sendable)?) {
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
        let number = state.withLock { state in
            state.waiterCount += 1
            return state.waiterCount
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLock { state in
                    // Cancelled before it stands in line, `onCancel` may have looked for it in vain: `takeIdle` looks again.
                    Result {
                        let member = try state.takeIdle()
                        if member == nil { state.waiters.append(Waiter(number: number, continuation: continuation)) }
                        return member
                    }
                }
                switch answer {
                case .success(let member?): continuation.resume(returning: member)
                case .success(nil): break
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
