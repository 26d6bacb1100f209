import Executors

/// Hashes and verifies passwords, at most two at once, each on a thread of its own: many logins at the same time neither
/// take the memory of many hashes nor hold up anything else.
///
/// Up to 16 more wait in line; whoever finds the line full is told so at once.
public actor PasswordHasher {
    /// Too many passwords are being hashed: try again in some seconds.
    public struct Busy: Error, Hashable, Sendable {}

    /// How many hashes are made at once.
    static let width = 2
    /// How many may wait.
    static let line = 16

    /// The cost of new hashes, log2 of scrypt's N.
    public nonisolated let cost: Int
    private var free: [HashingThread]
    private var waiting: [(ticket: UInt64, continuation: CheckedContinuation<HashingThread, any Error>)] = []
    private var lastTicket: UInt64 = 0

    /// - Parameter cost: See the setting `PASSWORD_COST`. Default 17.
    public init(cost: Int = 17) {
        self.cost = cost
        free = (0..<Self.width).map { HashingThread(number: $0) }
    }

    /// Hashes a password with a new salt.
    ///
    /// - Throws: `Busy`, or `CancellationError` for who was cancelled while waiting in line.
    public func hash(_ password: String) async throws -> PasswordHash {
        let cost = cost
        return try await borrow { try PasswordHash(of: password, cost: cost) }
    }

    /// Whether this is the password of the hash. Without a hash it takes as long, and is false: for users that there
    /// are not.
    ///
    /// - Throws: as `hash`.
    public func verify(_ password: String, _ hash: PasswordHash?) async throws -> Bool {
        let compared = hash ?? PasswordHash(ofNobodyAtCost: cost)
        let isEqual = try await borrow { try compared.verify(password) }
        return isEqual && hash != nil
    }

    /// Runs `body` on one of the threads.
    func borrow<R: Sendable>(_ body: @Sendable () throws -> R) async throws -> R {
        let thread = try await acquire()
        defer { release(thread) }
        return try await thread.run(body)
    }

    /// How many wait.
    var waitingCount: Int { waiting.count }

    private func acquire() async throws -> HashingThread {
        if let thread = free.popLast() { return thread }
        guard waiting.count < Self.line else { throw Busy() }
        lastTicket += 1
        let ticket = lastTicket
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiting.append((ticket, continuation))
                }
            }
        } onCancel: {
            Task { await leave(ticket) }
        }
    }

    private func leave(_ ticket: UInt64) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    private func release(_ thread: HashingThread) {
        if waiting.isEmpty { free.append(thread) } else { waiting.removeFirst().continuation.resume(returning: thread) }
    }
}

/// A thread that hashes: never one of Swift's shared pool.
private actor HashingThread {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(number: Int) { executor = ThreadExecutor(name: "passwords-\(number)") }

    func run<R: Sendable>(_ body: @Sendable () throws -> R) throws -> R { try body() }
}
