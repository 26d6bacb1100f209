import Foundation
import PageKit
import ServiceLifecycle
import Times

/// The operations of this console, kept in memory. What they did is durable in the records of the databases, each with the operation's id.
actor Operations: Service {
    /// As many run as may.
    struct TooMany: Error {}

    /// The most that are remembered, and for how long.
    private static let most = 1000
    private static let life = Duration.seconds(7 * 86_400)

    private let board: LiveBoard
    private let mostRunning: Int
    /// What of an error is told to all who look.
    private let words: @Sendable (any Error) -> String
    private let onChange: @Sendable () async -> Void
    private var operations: [UUID: Operation] = [:]
    private var tasks: [UUID: Task<Void, Never>] = [:]
    private var isClosed = false

    /// - Parameters:
    ///   - mostRunning: Each has a thread and connections of its own.
    ///   - onChange: Is told when one has changed something, or has ended.
    init(
        board: LiveBoard,
        mostRunning: Int = 8,
        words: @escaping @Sendable (any Error) -> String,
        onChange: @escaping @Sendable () async -> Void
    ) {
        (self.board, self.mostRunning, self.words, self.onChange) = (board, mostRunning, words, onChange)
    }

    /// Runs until the console is told to stop, and then until what each operation has at hand is done.
    func run() async {
        try? await gracefulShutdown()
        isClosed = true
        for id in tasks.keys { stop(id) }
        for task in tasks.values { await task.value }
    }

    /// Starts an operation; the one of this id is started once, however often it is asked for.
    ///
    /// - Parameter work: Ends by itself once it is stopped.
    /// - Returns: The operation of this id.
    /// - Throws: `TooMany`.
    @discardableResult
    func start(
        _ plan: OperationPlan,
        id: UUID,
        by: String,
        _ work: @escaping @Sendable (OperationProgress) async throws -> OperationEnd
    ) throws(TooMany) -> Operation {
        if let known = operations[id] { return known }
        guard tasks.count < mostRunning, !isClosed else { throw TooMany() }
        forgetOld()
        let operation = Operation(id: id, plan: plan, by: by, startedAt: .now)
        operations[id] = operation
        let progress = OperationProgress(id: id, operations: self)
        tasks[id] = Task {
            let result: Result<OperationEnd, any Error>
            do {
                result = .success(try await work(progress))
            } catch {
                result = .failure(error)
            }
            // Who is told that it is over sees what it did.
            await onChange()
            end(id, result)
            await tell(id)
        }
        return operation
    }

    /// Nil: it is not known here, or no longer.
    func operation(_ id: UUID) -> Operation? { operations[id] }

    /// The newest first.
    func all() -> [Operation] {
        operations.values.sorted { ($1.startedAt, $1.id.uuidString) < ($0.startedAt, $0.id.uuidString) }
    }

    /// Waits until an operation is over.
    func ended(_ id: UUID) async -> Operation? {
        await tasks[id]?.value
        return operations[id]
    }

    /// Asks an operation to end after what it has at hand.
    func stop(_ id: UUID) {
        guard operations[id]?.state == .running else { return }
        operations[id]?.state = .stopping
        Task { await tell(id) }
    }

    func report(_ id: UUID, done: UInt64, stage: String) async {
        operations[id]?.done = done
        operations[id]?.stage = stage
        await onChange()
        await tell(id)
    }

    func isStopping(_ id: UUID) -> Bool { operations[id]?.state == .stopping }

    /// The names of all values that pages of operations keep fresh.
    var liveKeys: Set<LiveKey> { Set(operations.values.flatMap { $0.live(at: .now).keys }) }

    private func end(_ id: UUID, _ result: Result<OperationEnd, any Error>) {
        operations[id]?.endedAt = .now
        operations[id]?.stage = ""
        switch result {
        case .success(let end):
            operations[id]?.state = end.isWhole ? .done : .stopped
            operations[id]?.ending = end.words
        case .failure(let error):
            operations[id]?.state = .failed
            operations[id]?.ending = "It could not go on. \(words(error)) What was done stays so."
        }
        tasks[id] = nil
    }

    private func tell(_ id: UUID) async {
        guard let operation = operations[id] else { return }
        await board.publish(operation.live(at: .now))
    }

    private func forgetOld() {
        let now = Timestamp.now
        var over = operations.values.filter(\.state.isOver).sorted { $0.startedAt < $1.startedAt }
        let excess = max(0, operations.count + 1 - Self.most)
        let old = over.prefix { now - $0.startedAt > Self.life }.count
        over.removeLast(max(0, over.count - max(excess, old)))
        let keys = over.flatMap { $0.live(at: now).keys }
        for operation in over { operations[operation.id] = nil }
        if !keys.isEmpty { Task { [board] in await board.forget(keys) } }
    }
}
