import Executors
import Foundation
import Postgres
import Tracing

/// A group's tables in Postgres, by one connection of a worker's.
final class SQLGroupTables: GroupTables {
    let connection: PostgresConnection
    private let group: ConsumerGroup
    private let stop: StopSignal?
    private let leases: LeaseStore
    private let failures: FailureStore
    private let limits: LimitStore
    private var rounds = RoundTransactions()

    /// - Parameters:
    ///   - tracer: Makes a span for each event, or batch, that is handled; nil: none are wanted.
    ///   - stop: Looked at between two events, or batches; nil: all are handled.
    init(connection: PostgresConnection, group: ConsumerGroup, tracer: (any Tracer)? = nil, stop: StopSignal? = nil) {
        self.connection = connection
        var group = group
        if let tracer { group.wrap(in: ConsumerTracing(tracer: tracer, group: group.name)) }
        self.group = group
        self.stop = stop
        leases = LeaseStore(connection: connection, group: group.name)
        failures = FailureStore(group: group.name)
        limits = LimitStore(group: group.name)
    }

    static func failure(of error: any Error) -> ServerFailure? {
        switch error {
        case let error as PostgresError: ServerFailure(error.sqlState?.isMissingSchema == true ? .fatal : .lost, error)
        // They end, and then the group is admitted.
        case let error as FormerReleaseAtWork: ServerFailure(.lost, error)
        case let error as SessionNeeded: ServerFailure(.fatal, error)
        case let error as ServerFailure: error
        default: nil
        }
    }

    // MARK: Leases

    func register(_ worker: WorkerID, lease: Duration) throws {
        try leases.register(
            worker,
            host: ProcessInfo.processInfo.hostName,
            pid: ProcessInfo.processInfo.processIdentifier,
            lease: lease
        )
    }

    func acquire(worker: WorkerID, limit: LeaseShare, keeping: [Partition], lease: Duration) throws -> (
        taken: [Holding], takeovers: [Takeover]
    ) {
        try leases.acquire(worker: worker, limit: limit, keeping: keeping, lease: lease)
    }

    func release(_ holdings: [Holding], worker: WorkerID) throws {
        try leases.release(holdings, worker: worker)
    }

    // MARK: Failed events

    func survey(_ partitions: [Partition], lettingGo topics: [TopicName]) throws -> [FailureSurvey] {
        try failures.survey(partitions, lettingGo: topics, on: connection)
    }

    func count(_ attempts: [Attempt]) throws -> [Int?] { try failures.count(attempts, on: connection) }

    func countRetry(_ holding: Holding, _ key: String) throws -> Int? {
        try failures.countRetry(holding, key, on: connection)
    }

    // MARK: Limits

    func ask(_ questions: [LimitQuestion]) throws -> [LimitAnswer] { try limits.ask(questions, on: connection) }

    // MARK: The round

    /// Runs the body with the open round.
    ///
    /// - Throws: `ServerFailure(.lost)` where none is open: what was to be in it has not happened.
    func withRound<R>(_ body: (borrowing RoundTransaction) throws -> R) throws -> R { try rounds.withOpen(body) }

    func begin() throws {
        rounds.begin(RoundTransaction(try connection.begin(), group: group, stop: stop))
    }

    func occupy(_ limits: [WorkLimit]) throws -> [LimitSlot] { try withRound { try $0.occupy(limits) } }

    func park(_ events: [(event: Delivery, as: ParkedEvent)]) throws { try withRound { try $0.park(events) } }

    func fetch(_ partition: Partition, keys: [String], limit: Int) throws -> (
        events: [(event: Delivery, as: ParkedEvent)], hasMore: Bool
    ) {
        try withRound { try $0.fetch(partition, keys: keys, limit: limit) }
    }

    func settle(_ settlement: WorkerAction.Settlement) throws { try withRound { try $0.settle(settlement) } }
    func fence(_ fence: Fence) throws { try withRound { try $0.fence(fence) } }
    func confirm(_ holding: Holding) throws { try withRound { try $0.confirm(holding) } }
    func commit() throws { try rounds.commit() }
    func submit() throws { try rounds.submit() }
    func outcome() throws { try rounds.outcome() }
    func rollback() { rounds.rollback() }
}

/// The heartbeat's tables in Postgres, by one connection for all workers of the process.
final class SQLHeartbeatTables: HeartbeatTables {
    private let connection: PostgresConnection
    private let leases: LeaseStore

    init(connection: PostgresConnection, group: GroupName) {
        self.connection = connection
        leases = LeaseStore(connection: connection, group: group)
    }

    static func failure(of error: any Error) -> ServerFailure? { SQLGroupTables.failure(of: error) }

    func declare(_ group: ConsumerGroup, _ partitions: [Partition]) throws -> [TopicName: Int] {
        try leases.declare(partitions)
        try SubscriptionStore(connection: connection).declare(group)
        let layouts = try LayoutStore.layouts(of: Array(Set(partitions.map(\.topic))), on: connection)
        return Dictionary(layouts.map { ($0.topic, $0.nextPartitions) }) { $1 }
    }

    func beat(_ standing: [WorkerID], lease: Duration) throws -> LeaseBeat {
        try leases.beat(
            standing,
            host: ProcessInfo.processInfo.hostName,
            pid: ProcessInfo.processInfo.processIdentifier,
            lease: lease
        )
    }

    func look(_ workers: [WorkerID], lease: Duration) throws -> LeaseSight { try leases.look(workers, lease: lease) }

    func giveUp(_ unknown: [OwnedLease]) throws { try leases.giveUp(unknown) }

    func leave(_ workers: [WorkerID]) throws { try leases.leave(workers) }
}
