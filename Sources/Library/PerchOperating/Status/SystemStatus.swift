public import Perch

/// How a system is: its topics, groups and workers, across the services' databases.
///
/// It changes nothing. Every question is bounded, whatever the streams hold. A server that is away is told as a
/// `ServerProblem` beside what the others said. In Redis it needs `XINFO STREAM`, `XRANGE` and `XPENDING`, which workers have,
/// and in Postgres SELECT on schema `perch`.
public struct SystemStatus: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// How all topics are, or one: two round trips to Redis and two questions to each owner's database.
    public func topics(only: TopicName? = nil) async throws -> [TopicStatus] {
        try await system.use { try LinkedStatus(links: $0).topics { only == nil || $0.name == only } }
    }

    /// How the topics of one owner are: two round trips to Redis and two questions to its database.
    public func topics(ownedBy owner: String) async throws -> [TopicStatus] {
        try await system.use { try LinkedStatus(links: $0).topics { $0.owner == owner } }
    }

    /// How all groups are, or one: four questions to each group's database and two round trips to Redis.
    public func groups(only: GroupName? = nil) async throws -> [GroupReport] {
        try await system.use { try LinkedStatus(links: $0).groups(only: only) }
    }

    /// The workers of all groups, or of one, with the databases that did not tell.
    public func workers(
        of only: GroupName? = nil
    ) async throws -> (workers: [WorkerStatus], problems: [ServerProblem]) {
        try await system.use { try LinkedStatus(links: $0).workers(of: only) }
    }

    /// The relays that run, the active ones first, of the owners whose databases are known here; with the databases that did not
    /// tell.
    public func relays() async throws -> (relays: [RelayStatus], problems: [ServerProblem]) {
        try await system.use { try LinkedStatus(links: $0).relays() }
    }

    /// The layouts that a topic had before its present one, the first first: one question to its owner's database.
    ///
    /// - Throws: `ServerProblem`.
    package func layouts(of topic: TopicContract) async throws -> [TopicLayout] {
        try await system.use { links in
            try links.withDatabase(of: topic.owner) { try LayoutStore.layouts(of: [topic.name], on: $0) }
        }
    }

    /// What is pending of a group, by partition: the summaries, and the first entries of each.
    ///
    /// A partition where Redis does not have the group is left out.
    /// - Parameter limit: How many entries a partition at the most.
    public func pending(
        of group: GroupName,
        limit: Int
    ) async throws -> (partitions: [PendingEntries], problems: [ServerProblem]) {
        try await system.use { try LinkedStatus(links: $0).pending(of: group, limit: limit) }
    }

    // MARK: Of one service, for its metrics

    /// How far a group is: two questions to its database, and two round trips to Redis for all partitions together.
    ///
    /// Each call asks every server, also one that was away a moment ago.
    public func progress(of group: GroupName) async throws -> GroupStatus {
        try await system.use { links in
            links.forgetFailures()
            return try LinkedStatus(links: links).progress(of: group)
        }
    }

    /// What waits in a service's outbox: one question to its database.
    ///
    /// Each call asks the database, also one that was away a moment ago.
    public func outbox(ownedBy owner: String) async throws -> OutboxStatus {
        try await system.use { links in
            links.forgetFailures()
            return try LinkedStatus(links: links).outbox(ownedBy: owner)
        }
    }
}
