import FoundationEssentials
import Perch
import Postgres

/// The statements of a change of partitions in the database of a group.
struct GroupLayoutStore {
    let connection: PostgresConnection
    let group: GroupName
    /// What its changes are a part of, for their records.
    var operation: UUID?

    /// Workers beat far more often than this.
    private static let silence = 10_000

    /// How near the group is to having read a topic up to these positions.
    ///
    /// - Parameter isHeld: No positions are given, so the group cannot have read past those that were seen.
    func readiness(for topic: TopicName, upTo ends: [Position], isHeld: Bool) throws -> RepartitionReadiness {
        let positions = try positions(of: topic)
        let counts = try connection.query(
            """
            SELECT count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'held') AS held,
                count(*) FILTER (WHERE state = 'dead') AS dead,
                EXISTS (
                    SELECT FROM perch.leases l
                    WHERE l.group_name = \(group) AND l.topic = \(topic) AND l.paused_at IS NOT NULL
                ) AS is_paused,
                EXISTS (
                    SELECT FROM perch.workers
                    WHERE group_name = \(group)
                        AND heartbeat_at > clock_timestamp() - \(Int64(Self.silence)) * interval '1 millisecond'
                ) AS is_run
            FROM perch.failed_events WHERE group_name = \(group) AND topic = \(topic)
            """
        ) { row in
            (
                failed: try row.decode("failed", as: Int.self), held: try row.decode("held", as: Int.self),
                dead: try row.decode("dead", as: Int.self), isPaused: try row.decode("is_paused", as: Bool.self),
                isRun: try row.decode("is_run", as: Bool.self)
            )
        }
        let behind = ends.enumerated().reduce(Int64(0)) { sum, end in
            sum + max(0, end.element - (positions[end.offset] ?? 0))
        }
        let isAhead = isHeld && ends.enumerated().contains { positions[$0.offset] ?? 0 > $0.element }
        guard let found = counts.first else { preconditionFailure("an aggregate has one row") }
        var hindrance: RepartitionHindrance?
        if found.dead > 0 || found.failed > 0 || found.held > 0 {
            hindrance = RepartitionHindrance(
                reason:
                    "\(group) has \(found.failed) failed, \(found.held) held and \(found.dead) dead events of \(topic): "
                    + "later events of their keys, in another partition, would overtake them",
                advice: .settleFailedEvents,
                mayPass: found.dead == 0
            )
        } else if behind > 0, found.isPaused {
            hindrance = RepartitionHindrance(
                reason: "\(group) is paused on \(topic) and has \(behind) events to read",
                advice: .resume(group, topic),
                mayPass: false
            )
        } else if behind > 0, !found.isRun {
            hindrance = RepartitionHindrance(
                reason: "\(group) has \(behind) events of \(topic) to read, and no worker of it runs",
                advice: .startWorkersOrRemoveGroup,
                mayPass: true
            )
        } else if isAhead {
            hindrance = RepartitionHindrance(
                reason: "\(group) has read further than the owner of \(topic) has given positions",
                advice: .letRelayCatchUp,
                mayPass: true
            )
        }
        return RepartitionReadiness(
            group: group,
            behind: behind,
            failed: found.failed,
            held: found.held,
            dead: found.dead,
            hindrance: hindrance
        )
    }

    /// Copies the topic's layouts here and makes the leases of the present one. All or nothing; again it changes nothing.
    ///
    /// - Returns: False where the group has yet to read something that must come first.
    func tell(_ topic: TopicName, _ layouts: [TopicLayout], partitions: Int, by name: String) throws -> Bool {
        try GroupAdmission.admit(group, on: connection)
        return try connection.transaction { tx in
            try tx.boundIdleTime()
            try tx.lockAll(of: [topic], in: group)
            let positions = try positions(of: topic, in: tx)
            for layout in layouts where !layout.keepsOrderInReplay {
                let isRead = layout.ends.enumerated().allSatisfy { positions[$0.offset] ?? 0 >= $0.element }
                guard isRead else { return false }
            }
            var told = 0
            for layout in layouts where try LayoutStore.insert(layout, in: tx) { told += 1 }
            for table: StaticString in ["perch.checkpoints", "perch.leases"] {
                told += try tx.affectedRows(
                    """
                    INSERT INTO \(raw: table) (group_name, topic, partition)
                    SELECT \(group), \(topic), generate_series(0, \(Int32(clamping: partitions - 1))) ON CONFLICT DO NOTHING
                    """
                )
            }
            try tx.fenceIdle([topic], in: group)
            guard told > 0 else { return true }
            try OperatingStore(connection: connection).record(
                "partitions",
                by: name,
                of: group,
                target: "\(group) \(topic)",
                details: ["partitions": partitions],
                operation: operation,
                in: tx
            )
            return true
        }
    }

    private func positions(of topic: TopicName) throws -> [Int: Position] {
        Dictionary(uniqueKeysWithValues: try connection.query(select(topic), Self.decode))
    }

    private func positions(of topic: TopicName, in tx: borrowing Transaction) throws -> [Int: Position] {
        Dictionary(uniqueKeysWithValues: try tx.query(select(topic), Self.decode))
    }

    private func select(_ topic: TopicName) -> SQL {
        """
        SELECT partition, position FROM perch.checkpoints
        WHERE group_name = \(group) AND topic = \(topic)
        """
    }

    private static func decode(_ row: borrowing Row) throws -> (Int, Position) {
        (Int(try row.decode("partition", as: Int32.self)), try row.decode("position", as: Int64.self))
    }
}
