import PerchProtocol

/// A Postgres at READ COMMITTED: transactions, row locks, backends that can be ended, and a COMMIT that takes time. See
/// README.md.
struct SimulatedPostgres {
    struct Transaction {
        let number: Int
        let isImplicit: Bool
        let idleTimeout: Int64?
        var isFailed = false
        var writes: [PostgresData.Write] = []
        var savepoint = 0
    }

    struct Session {
        let link: Int
        var isOpen = true
        var transaction: Transaction?
        /// What was sent and is not executed yet; the first waits for a lock if `waitsFor` says so.
        var queue: [PostgresCommand] = []
        /// What was sent behind that, each answered by itself.
        var requests: [[PostgresCommand]] = []
        var replies: [PostgresReply] = []
        var waitsFor: LockKey?
        /// COMMIT is being written: nothing can stop it any more.
        var isFlushing = false
        /// The backend was told to end; noticed once it waits no longer.
        var isEnding = false
        /// The client is gone; noticed when all that it sent is executed.
        var isAbandoned = false
        /// When it last had an answer for its client.
        var answeredAt: Int64 = 0
        /// Counts statements, so that an idle timeout knows whether anything happened since.
        var activity = 0
    }

    enum LockKey: Hashable {
        case aggregate(Int)
        case partition(Int)
        case lease(Int)
        case checkpoint(Int)
        case failed(Int, Position)
        case slot(group: Int, Int)
        case delayed(event: Int)
        /// An advisory lock: who moves what is due.
        case mover
    }

    /// When an event got its place in the outbox.
    struct Place {
        let sequence: Int
        /// As `moment` counts: of the insert, and of its COMMIT.
        let began, committed: Int
    }

    enum Output {
        case reply(session: Int, [PostgresReply])
        case broken(session: Int)
        /// COMMIT is on its way to the disk.
        case flushing(session: Int)
        case idle(session: Int, timeout: Int64, activity: Int)
        /// What must not be has happened.
        case wrong(String)
        /// A transaction took effect; with what the checks need of the moment before.
        case applied(session: Int, [PostgresData.Write], problem: String?, backends: [Int?])
    }

    var data: PostgresData
    var sessions: [Session] = []
    var isUp = true
    var now: Int64 = 0
    var milliseconds: Int64 = 0
    /// The session that has the advisory lock of the active relay.
    var leader: Int?
    var nextSequence = 1
    /// Counts statements and commits.
    var moment = 0
    /// By event; what is set back here is not.
    private(set) var places: [Int: Place] = [:]
    /// The greatest time that there ever was.
    var latest: Int64 = 0
    var nextTransaction = 1
    var leaseTime: Int64
    var sabotage: Sabotage?
    /// Of each group. It is not set back with the rest: at most a burst would be allowed again.
    var limits: [LimitState]
    /// Drained by the simulation after every step.
    var outputs: [Output] = []
    private(set) var locks: [(key: LockKey, session: Int)] = []
    private var waiters: [(key: LockKey, session: Int)] = []
    /// Whether the next COMMIT takes noticeable time; drawn by the simulation.
    var nextCommitIsSlow = false
    /// Whether the next COMMIT of a round is refused, as by a deferred constraint; drawn by the simulation.
    var nextCommitIsRefused = false

    /// How many partitions a group has.
    let partitions: Int

    init(partitions: Int, groups: Int, leaseTime: Int64) {
        self.partitions = partitions
        self.data = PostgresData(partitions: partitions, groups: groups)
        self.leaseTime = leaseTime
        self.limits = Array(repeating: LimitState(), count: groups)
    }

    // MARK: Sessions

    mutating func connect(link: Int) -> Int {
        sessions.append(Session(link: link))
        return sessions.count - 1
    }

    mutating func receive(_ commands: [PostgresCommand], _ session: Int) {
        guard sessions[session].isOpen, !sessions[session].isEnding else {
            return outputs.append(.broken(session: session))
        }
        guard sessions[session].queue.isEmpty else { return sessions[session].requests.append(commands) }
        sessions[session].queue = commands
        sessions[session].replies = []
        run(session)
    }

    /// The client is gone, or `pg_terminate_backend`: a backend that waits for a lock is ended too, one that writes its
    /// COMMIT finishes that first.
    mutating func end(_ session: Int) {
        guard sessions[session].isOpen else { return }
        if sessions[session].isFlushing {
            sessions[session].isEnding = true
            return
        }
        sessions[session].isOpen = false
        sessions[session].transaction = nil
        if sessions[session].waitsFor != nil || !sessions[session].queue.isEmpty {
            outputs.append(.broken(session: session))
        }
        for _ in sessions[session].requests { outputs.append(.broken(session: session)) }
        sessions[session].queue = []
        sessions[session].requests = []
        sessions[session].waitsFor = nil
        waiters.removeAll { $0.session == session }
        freeLocks(of: session)
    }

    /// The server notices a lost client only when the backend's wait is over and all that it sent is executed.
    mutating func clientIsGone(_ session: Int) {
        guard sessions[session].isOpen else { return }
        guard sessions[session].queue.isEmpty else {
            sessions[session].isAbandoned = true
            return
        }
        end(session)
    }

    /// A restart: everything that is not committed is gone, a COMMIT being written may or may not be.
    mutating func breakAll(flushing isKept: (Int) -> Bool) {
        for session in sessions.indices where sessions[session].isOpen {
            if sessions[session].isFlushing, isKept(session) { apply(session) }
            sessions[session].isFlushing = false
        }
        for session in sessions.indices {
            sessions[session].waitsFor = nil
            sessions[session].queue = []
            sessions[session].requests = []
        }
        waiters = []
        locks = []
        for session in sessions.indices {
            sessions[session].isOpen = false
            sessions[session].transaction = nil
        }
    }

    // MARK: Running statements

    mutating func run(_ session: Int) {
        while let command = sessions[session].queue.first {
            let isOutside = sessions[session].transaction == nil
            if isOutside, case .begin = command {
            } else if isOutside {
                start(session, isImplicit: true, idleTimeout: nil)
            }
            let isFailed = sessions[session].transaction?.isFailed == true && !command.endsTransaction
            guard let reply = isFailed ? .refused(.aborted) : execute(command, session) else { return }
            guard sessions[session].isOpen else { return }
            sessions[session].queue.removeFirst()
            sessions[session].replies.append(reply)
            if case .refused = reply, sessions[session].transaction?.isFailed == false {
                sessions[session].transaction?.isFailed = true
                freeLocks(of: session)
            }
            if sessions[session].transaction?.isImplicit == true { apply(session) }
        }
        answer(session)
    }

    private mutating func answer(_ session: Int) {
        sessions[session].activity += 1
        sessions[session].answeredAt = now
        outputs.append(.reply(session: session, sessions[session].replies))
        if let timeout = sessions[session].transaction?.idleTimeout {
            outputs.append(.idle(session: session, timeout: timeout, activity: sessions[session].activity))
        }
        if sessions[session].isEnding { return end(session) }
        if !sessions[session].requests.isEmpty {
            sessions[session].queue = sessions[session].requests.removeFirst()
            sessions[session].replies = []
            run(session)
        } else if sessions[session].isAbandoned {
            end(session)
        }
    }

    mutating func start(_ session: Int, isImplicit: Bool, idleTimeout: Int64?) {
        sessions[session].transaction = Transaction(
            number: nextTransaction,
            isImplicit: isImplicit,
            idleTimeout: idleTimeout
        )
        nextTransaction += 1
    }

    mutating func setSavepoint(_ session: Int) {
        let count = sessions[session].transaction?.writes.count ?? 0
        sessions[session].transaction?.savepoint = count
    }

    mutating func rollBackToSavepoint(_ session: Int) {
        guard let transaction = sessions[session].transaction else { return }
        sessions[session].transaction?.writes = Array(transaction.writes.prefix(transaction.savepoint))
    }

    mutating func write(_ write: PostgresData.Write, _ session: Int) {
        sessions[session].transaction?.writes.append(write)
    }

    // MARK: Ending a transaction

    /// COMMIT; nil while it is being written.
    mutating func commit(_ session: Int) -> PostgresReply? {
        guard let transaction = sessions[session].transaction, !transaction.isFailed else {
            rollBack(session)
            return .tag(isCommit: false)
        }
        if nextCommitIsRefused, transaction.writes.contains(where: \.isOfRound) {
            nextCommitIsRefused = false
            rollBack(session)
            return .refused(.deadlock)
        }
        if nextCommitIsSlow, !transaction.writes.isEmpty {
            nextCommitIsSlow = false
            sessions[session].isFlushing = true
            outputs.append(.flushing(session: session))
            return nil
        }
        apply(session)
        return .tag(isCommit: true)
    }

    mutating func flushed(_ session: Int) {
        guard sessions[session].isFlushing else { return }
        sessions[session].isFlushing = false
        sessions[session].queue.removeFirst()
        sessions[session].replies.append(.tag(isCommit: true))
        apply(session)
        run(session)
    }

    private mutating func apply(_ session: Int) {
        guard let transaction = sessions[session].transaction else { return }
        sessions[session].transaction = nil
        if !transaction.isFailed, !transaction.writes.isEmpty {
            if transaction.writes.contains(where: \.isOfRound) {
                outputs.append(
                    .applied(
                        session: session,
                        transaction.writes,
                        problem: data.problem(of: transaction.writes),
                        // A held lease still names the backend of its last owner, which owns nothing any more.
                        backends: data.leases.map { $0.owner == 0 ? nil : $0.backend }
                    )
                )
            }
            moment += 1
            for write in transaction.writes { apply(write) }
        }
        freeLocks(of: session)
    }

    private mutating func apply(_ write: PostgresData.Write) {
        switch write {
        case .publish(let row): note(row)
        case .move(let move):
            if let problem = data.problem(of: move) { outputs.append(.wrong(problem)) }
            move.places.forEach { note($0) }
        case .delay(var row):
            row.committed = moment
            return data.apply(.delay(row))
        default: break
        }
        data.apply(write)
    }

    private mutating func note(_ row: PostgresData.OutboxRow) {
        places[row.event] = Place(sequence: row.sequence, began: row.began, committed: moment)
    }

    mutating func rollBack(_ session: Int) {
        sessions[session].transaction = nil
        freeLocks(of: session)
    }

    // MARK: Row locks

    func holder(of key: LockKey) -> Int? { locks.first { $0.key == key }?.session }

    /// False: the statement waits, and is executed anew when the lock is free.
    mutating func lock(_ key: LockKey, _ session: Int) -> Bool {
        guard let holder = holder(of: key) else {
            locks.append((key, session))
            sessions[session].waitsFor = nil
            return true
        }
        if holder == session { return true }
        sessions[session].waitsFor = key
        if !waiters.contains(where: { $0.session == session }) { waiters.append((key, session)) }
        return false
    }

    /// Whether waiting for this key would close a circle.
    func wouldDeadlock(_ key: LockKey, _ session: Int) -> Bool {
        var next = holder(of: key)
        while let current = next {
            if current == session { return true }
            next = sessions[current].waitsFor.flatMap { holder(of: $0) }
        }
        return false
    }

    private mutating func freeLocks(of session: Int) {
        guard locks.contains(where: { $0.session == session }) else { return }
        locks.removeAll { lock in
            guard lock.session == session else { return false }
            if case .slot = lock.key { return sabotage != .slotNeverGivenBack }
            return true
        }
        while let index = waiters.firstIndex(where: { holder(of: $0.key) == nil }) {
            let waiter = waiters.remove(at: index).session
            sessions[waiter].waitsFor = nil
            run(waiter)
        }
    }
}
