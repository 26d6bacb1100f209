import Executors
public import Perch
public import Postgres
public import Redis

/// Asks Redis and Postgres how far consumer groups and outboxes are: for scrapes, the CLI and the console.
///
/// It has a thread and connections of its own, made when first needed and made again when one has died. Every wait for a
/// server is bounded by `patience`, so an answer comes within a few times that, whatever is away. It changes nothing, and
/// needs in Redis `XINFO STREAM`, `XRANGE` and `XPENDING`, which workers have, and in Postgres SELECT on schema `perch`.
public actor StatusReader {
    private let contract: Contract
    private let redis: RedisConfiguration
    private let postgres: PostgresConfiguration
    private let naming: StreamNaming
    private let executor = ThreadExecutor(name: "perch-status")
    /// Its own thread: the connections block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var streams: RedisConnection?
    private var store: PostgresConnection?

    /// - Parameters:
    ///   - contract: Tells which group reads what, and who owns what.
    ///   - naming: As the workers have it. Default: no namespace.
    ///   - patience: How long a server may take to be connected to, or to answer. Default 200 ms.
    public init(
        contract: Contract,
        redis: RedisConfiguration,
        postgres: PostgresConfiguration,
        naming: StreamNaming = StreamNaming(),
        patience: Duration = .milliseconds(200)
    ) {
        self.contract = contract
        var redis = redis
        redis.connectTimeout = patience
        redis.replyTimeout = patience
        redis.clientName = "perch-status"
        self.redis = redis
        var postgres = postgres
        postgres.connectTimeout = patience
        postgres.replyTimeout = patience
        self.postgres = postgres
        self.naming = naming
    }

    /// How far a group is: two questions to Postgres, and two round trips to Redis for all partitions together.
    public func status(of group: GroupName) -> GroupStatus {
        let partitions = contract.topics.filter { $0.groups.contains(group) }.flatMap(\.allPartitions)
        var found = partitions.map { GroupStatus.PartitionStatus(partition: $0) }
        var problems: [String] = []
        var now: Int64?
        do {
            let store = StatusStore(connection: try postgresConnection())
            now = try store.readCheckpoints(of: &found, in: group)
            try store.readFailures(of: &found, in: group)
        } catch {
            problems.append("Postgres: \(error)")
            store = nil
        }
        do {
            let streams = StatusStreams(connection: try redisConnection(), naming: naming, group: group)
            try streams.readEnds(of: &found, now: now)
        } catch {
            problems.append("Redis: \(error)")
            streams = nil
        }
        return GroupStatus(group: group, partitions: found, problems: problems)
    }

    /// What waits in a service's outbox: one question to Postgres.
    public func outbox(ownedBy owner: String) -> OutboxStatus {
        let topics = contract.topics.filter { $0.owner == owner }.map(\.name)
        do {
            let waiting = try StatusStore(connection: try postgresConnection()).waiting(of: topics)
            return OutboxStatus(owner: owner, topics: waiting, problems: [])
        } catch {
            store = nil
            return OutboxStatus(owner: owner, topics: nil, problems: ["Postgres: \(error)"])
        }
    }

    private func redisConnection() throws -> RedisConnection {
        if let streams, !streams.isDead { return streams }
        let made = try RedisConnection(redis)
        streams = made
        return made
    }

    private func postgresConnection() throws -> PostgresConnection {
        if let store {
            store.noticeEnd()
            if !store.isDead { return store }
        }
        let made = try PostgresConnection(postgres)
        store = made
        return made
    }
}
