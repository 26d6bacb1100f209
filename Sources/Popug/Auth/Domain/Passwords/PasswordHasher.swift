import Executors

/// Hashes and verifies passwords, at most two at once, each on a thread of its own: many logins at the same time neither
/// take the memory of many hashes nor hold up anything else.
///
/// Up to 16 more wait in line, which clients share evenly; whoever finds no place is told so at once, and whoever has to
/// give way to others who have less as soon as they come.
public actor PasswordHasher {
    /// Too many passwords are being hashed: try again in some seconds.
    public struct Busy: Error, Hashable, Sendable {}

    /// How many hashes are made at once.
    static let width = 2
    /// How many may wait.
    static let line = 16

    /// The cost of new hashes, log2 of scrypt's N.
    public nonisolated let cost: Int
    /// For tests: told the cost of each derivation of a key, as it is made.
    private nonisolated let meter: (@Sendable (Int) -> Void)?
    private var line = PasswordLine(width: PasswordHasher.width, length: PasswordHasher.line)
    private var free: [HashingThread]
    private var waiting: [PasswordLine.Ticket: CheckedContinuation<HashingThread, any Error>] = [:]
    private var lastTicket: PasswordLine.Ticket = 0

    /// - Parameter cost: See the setting `PASSWORD_COST`. Default 17.
    public init(cost: Int = 17) { self.init(cost: cost, meter: nil) }

    init(cost: Int, meter: (@Sendable (Int) -> Void)?) {
        self.cost = cost
        self.meter = meter
        free = (0..<Self.width).map { HashingThread(number: $0) }
    }

    /// Hashes a password with a new salt.
    ///
    /// - Throws: `Busy`, or `CancellationError` for who was cancelled while waiting in line.
    public func hash(_ password: String, for client: PasswordClient = .local) async throws -> PasswordHash {
        let (cost, meter) = (cost, meter)
        return try await borrow(for: client) {
            meter?(cost)
            return try PasswordHash(of: password, cost: cost)
        }
    }

    /// Whether this is the password of the hash. It takes as much work for each hash, also where there is none: for users
    /// that there are not.
    ///
    /// - Parameter costs: What hashes there are cost.
    /// - Throws: as `hash`.
    func verify(
        _ password: String,
        _ hash: PasswordHash?,
        costs: PasswordCosts,
        for client: PasswordClient
    ) async throws -> Bool {
        let compared = hash ?? PasswordHash(ofNobodyAtCost: costs.usual)
        let (highest, meter) = (max(costs.highest, cost), meter)
        let isEqual = try await borrow(for: client) {
            meter?(compared.cost)
            let isEqual = try compared.verify(password)
            // A hash at each cost in between, and so many more doublings of N are spent.
            for cost in compared.cost..<max(highest, compared.cost) {
                meter?(cost)
                _ = try PasswordHash(ofNobodyAtCost: cost).verify(password)
            }
            return isEqual
        }
        return isEqual && hash != nil
    }

    /// Runs `body` on one of the threads.
    func borrow<R: Sendable>(for client: PasswordClient = .local, _ body: @Sendable () throws -> R) async throws -> R {
        lastTicket += 1
        let ticket = lastTicket
        let thread = try await acquire(ticket, for: client)
        defer { release(thread, ticket) }
        return try await thread.run(body)
    }

    /// How many wait.
    var waitingCount: Int { waiting.count }

    private func acquire(_ ticket: PasswordLine.Ticket, for client: PasswordClient) async throws -> HashingThread {
        switch line.join(ticket, client) {
        case .runs: return free.removeLast()
        case .isFull: throw Busy()
        case .displaces(let other): waiting.removeValue(forKey: other)?.resume(throwing: Busy())
        case .waits: break
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting[ticket] = continuation
                if Task.isCancelled { leave(ticket) }
            }
        } onCancel: {
            Task { await leave(ticket) }
        }
    }

    private func leave(_ ticket: PasswordLine.Ticket) {
        guard line.leave(ticket) else { return }
        waiting.removeValue(forKey: ticket)?.resume(throwing: CancellationError())
    }

    private func release(_ thread: HashingThread, _ ticket: PasswordLine.Ticket) {
        guard let next = line.finish(ticket), let continuation = waiting.removeValue(forKey: next) else {
            free.append(thread)
            return
        }
        continuation.resume(returning: thread)
    }
}

/// A thread that hashes: never one of Swift's shared pool.
private actor HashingThread {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(number: Int) { executor = ThreadExecutor(name: "passwords-\(number)") }

    func run<R: Sendable>(_ body: @Sendable () throws -> R) throws -> R { try body() }
}
