public import FoundationEssentials
public import Perch
import Postgres

/// Stops the work of groups, and lets it go on.
///
/// A change and its record in `perch.operations` commit together, in the database of the group.
public struct Pauses: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Takes the group's partitions from its workers and gives them to none until they are resumed. The events wait.
    ///
    /// When it returns nothing of the group takes effect in them any more: what a worker was just doing was committed
    /// before or is rolled back. It survives restarts. A second pause changes nothing.
    ///
    /// - Parameters:
    ///   - topic: One topic; nil: all that the group reads.
    ///   - by: Who does it, for the record.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Returns: How many partitions were paused now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func pause(
        _ group: GroupName,
        _ topic: TopicName? = nil,
        by: String,
        operation: UUID? = nil
    ) async throws -> Int {
        try await change("pause", group, topic, by: by, operation) { tx, places in
            let paused = try tx.affectedRows(
                """
                -- The backend stays named: an owner that is frozen in a transaction keeps rows locked, and whoever takes the
                -- partition next ends it.
                UPDATE perch.leases l SET paused_at = clock_timestamp(), epoch = l.epoch + 1, owner = NULL,
                    expires_at = '-infinity'
                FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                WHERE l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                    AND l.paused_at IS NULL
                """
            )
            try tx.raiseEpochs(places, in: group)
            return paused
        }
    }

    /// Lets the group's workers have their partitions again; they go on at the checkpoints.
    ///
    /// - Parameters:
    ///   - topic: One topic; nil: all that the group reads.
    ///   - by: Who does it, for the record.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Returns: How many partitions were paused until now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func resume(
        _ group: GroupName,
        _ topic: TopicName? = nil,
        by: String,
        operation: UUID? = nil
    ) async throws -> Int {
        try await change("resume", group, topic, by: by, operation) { tx, places in
            try tx.affectedRows(
                """
                UPDATE perch.leases l SET paused_at = NULL
                FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                WHERE l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                    AND l.paused_at IS NOT NULL
                """
            )
        }
    }

    /// How many of the partitions that `pause` and `resume` would look at are paused, and how many there are. It changes
    /// nothing.
    ///
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func paused(_ group: GroupName, _ topic: TopicName? = nil) async throws -> (paused: Int, all: Int) {
        try await system.use { links in
            let partitions = try links.partitions(of: group, in: topic)
            return try links.withDatabase(of: group.rawValue) { connection in
                let places = PartitionLists(
                    try RewindStore(connection: connection, group: group).partitions(of: partitions)
                )
                let paused = try connection.query(
                    """
                    SELECT count(*) AS n
                    FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
                    JOIN perch.leases l ON l.group_name = \(group) AND l.topic = p.topic AND l.partition = p.partition
                    WHERE l.paused_at IS NOT NULL
                    """
                ) { try $0.decode("n", as: Int.self) }
                return (paused.first ?? 0, places.topics.count)
            }
        }
    }

    private func change(
        _ action: String,
        _ group: GroupName,
        _ topic: TopicName?,
        by: String,
        _ operation: UUID?,
        _ body: @Sendable (borrowing Transaction, PartitionLists) throws -> Int
    ) async throws -> Int {
        try await system.use { links in
            let partitions = try links.partitions(of: group, in: topic)
            return try links.withDatabase(of: group.rawValue) { connection in
                try LeaseStore(connection: connection, group: group).declare(partitions)
                let found = try RewindStore(connection: connection, group: group).partitions(of: partitions)
                let places = PartitionLists(found)
                return try connection.transaction { tx in
                    try tx.boundIdleTime()
                    try tx.lock(places, in: group)
                    let changed = try body(tx, places)
                    guard changed > 0 else { return 0 }
                    try OperatingStore(connection: connection)
                        .record(
                            action,
                            by: by,
                            of: group,
                            target: topic.map { "\(group) \($0)" } ?? "\(group)",
                            details: ["partitions": changed],
                            operation: operation,
                            in: tx
                        )
                    return changed
                }
            }
        }
    }
}
