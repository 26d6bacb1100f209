public import Perch
public import Postgres
import Redis

/// How a consumer group is, with who runs it and what it declares. What was not told is nil.
public struct GroupReport: Sendable {
    /// By partition.
    public let status: GroupStatus
    /// Its workers; nil where its database did not tell.
    public let workers: [WorkerStatus]?
    /// What its program has declared, by topic; empty as long as no worker has ever started.
    public let subscriptions: [TopicName: DeclaredSubscription]
    /// Servers that did not tell.
    public let problems: [ServerProblem]
}

/// What a group's program has declared of a subscription when its workers last started.
public struct DeclaredSubscription: Sendable, Hashable {
    /// That an event takes effect once however often it comes: it may be replayed.
    public let isIdempotent: Bool
    /// That the group can be emptied and built anew, by its own program.
    public let hasReset: Bool
}

/// A worker thread of a consumer group.
public struct WorkerStatus: Sendable, Hashable {
    /// Whose it is.
    public let group: GroupName
    /// Its name, the owner of its leases: `HOST-PID-RANDOM/SLOT`.
    public let name: String
    /// The machine it runs on.
    public let host: String
    /// Its process there.
    public let pid: Int
    /// When it first showed life.
    public let startedAt: Timestamp
    /// How long ago it last did, by the clock of its group's database.
    public let silence: Duration
    /// The partitions it holds.
    public let partitions: [Partition]

    /// Workers beat twice a second.
    public var isLive: Bool { silence < .seconds(10) }
}

extension SystemReader {
    /// How all groups are, or one: four questions to each group's database and two round trips to Redis.
    public func groups(only: GroupName? = nil) throws -> [GroupReport] {
        try system.groups.filter { only == nil || $0 == only }.map { try report(on: $0) }
    }

    /// The workers of all groups, or of one, with the databases that did not tell.
    public func workers(of only: GroupName? = nil) throws -> (workers: [WorkerStatus], problems: [ServerProblem]) {
        var problems: [ServerProblem] = []
        let workers = try system.groups.filter { only == nil || $0 == only }.flatMap { group in
            try ask(&problems) {
                try links.withDatabase(of: group.rawValue) { try OperatingStore(connection: $0).workers(of: group) }
            } ?? []
        }
        return (workers, problems)
    }

    private func report(on group: GroupName) throws -> GroupReport {
        let partitions = contract.topics.filter { $0.groups.contains(group) }.flatMap(\.allPartitions)
        var found = partitions.map { GroupStatus.PartitionStatus(partition: $0) }
        var problems: [ServerProblem] = []
        var now: Int64?
        var workers: [WorkerStatus]?
        var subscriptions: [TopicName: DeclaredSubscription] = [:]
        _ = try ask(&problems) {
            try links.withDatabase(of: group.rawValue) { connection in
                let store = StatusStore(connection: connection)
                now = try store.readCheckpoints(of: &found, in: group)
                try store.readFailures(of: &found, in: group)
                workers = try OperatingStore(connection: connection).workers(of: group)
                subscriptions = try OperatingStore(connection: connection).subscriptions(of: group)
            }
        }
        _ = try ask(&problems) {
            try links.withRedis { redis in
                let streams = StatusStreams(connection: redis, naming: links.naming, group: group)
                try streams.readEnds(of: &found, now: now)
            }
        }
        return GroupReport(
            status: GroupStatus(group: group, partitions: found, problems: problems.map(\.description)),
            workers: workers,
            subscriptions: subscriptions,
            problems: problems
        )
    }
}
