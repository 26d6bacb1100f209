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
    ///   - seen: The mark of what `paused` told: where it is another by now, nothing is done. Default: whatever is so.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Returns: How many partitions were paused now.
    /// - Throws: `OperationRefused`, `.lookAgain` where it is not as it was seen; `ServerProblem`.
    public func pause(
        _ group: GroupName,
        _ topic: TopicName? = nil,
        by: String,
        ifSeen seen: String? = nil,
        operation: UUID? = nil
    ) async throws -> Int {
        try await change("pause", group, topic, by: by, seen, operation) { tx, places in
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
    ///   - seen: The mark of what `paused` told: where it is another by now, nothing is done. Default: whatever is so.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Returns: How many partitions were paused until now.
    /// - Throws: `OperationRefused`, `.lookAgain` where it is not as it was seen; `ServerProblem`.
    public func resume(
        _ group: GroupName,
        _ topic: TopicName? = nil,
        by: String,
        ifSeen seen: String? = nil,
        operation: UUID? = nil
    ) async throws -> Int {
        try await change("resume", group, topic, by: by, seen, operation) { tx, places in
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

    /// The partitions that `pause` and `resume` would look at, and since when each is paused. It changes nothing.
    ///
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func paused(_ group: GroupName, _ topic: TopicName? = nil) async throws -> PausedPartitions {
        try await system.use { links in
            let partitions = try links.partitions(of: group, in: topic)
            return try links.withDatabase(of: group.rawValue) { connection in
                let places = PartitionLists(
                    try RewindStore(connection: connection, group: group).partitions(of: partitions)
                )
                return PausedPartitions(
                    try connection.query(Self.pauses(of: places, in: group)) { try Self.pause($0) }
                )
            }
        }
    }

    private static func pauses(of places: PartitionLists, in group: GroupName) -> SQL {
        """
        SELECT topic, partition, (extract(epoch FROM l.paused_at) * 1000000)::bigint AS paused_at
        FROM unnest(\(places.topics), \(places.numbers)) AS p (topic, partition)
        LEFT JOIN (SELECT * FROM perch.leases WHERE group_name = \(group)) AS l USING (topic, partition)
        ORDER BY topic, partition
        """
    }

    private static func pause(_ row: borrowing Row) throws -> (Partition, Int64?) {
        (try row.partition(), try row.decodeIfPresent("paused_at", as: Int64.self))
    }

    private func change(
        _ action: String,
        _ group: GroupName,
        _ topic: TopicName?,
        by: String,
        _ seen: String?,
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
                    let now = PausedPartitions(
                        try tx.query(Self.pauses(of: places, in: group)) { try Self.pause($0) }
                    )
                    guard seen == nil || seen == now.mark else {
                        throw OperationRefused(
                            reason: "what is paused of \(group) has changed since you looked",
                            advice: .lookAgain
                        )
                    }
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
