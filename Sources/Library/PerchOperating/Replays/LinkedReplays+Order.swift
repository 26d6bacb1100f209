import Perch
import PerchProtocol
import Postgres

/// A replay that reaches back before a change of the topic's partitions: keys have moved since.
extension LinkedReplays {
    /// Where a layout that ended is read again, all that came after it must be: then the barrier of the leases keeps the order.
    ///
    /// - Throws: `OperationRefused`.
    func requireOrder(
        _ group: GroupName,
        _ topic: TopicName,
        _ steps: [ReplayPlan.Step]
    ) throws {
        let layouts = try links.withDatabase(of: group.rawValue) { try LayoutStore.layouts(of: [topic], on: $0) }
        guard let newest = layouts.last else { return }
        guard newest.nextPartitions == links.contract.topic(topic)?.partitions else {
            throw OperationRefused(
                reason:
                    "\(topic) has \(newest.nextPartitions) partitions since \(newest.endedAt), and the contract has "
                    + "\(links.contract.topic(topic)?.partitions ?? 0)",
                advice: .setPartitionsInContract(newest.nextPartitions, topic)
            )
        }
        let checkpoints = try links.withDatabase(of: group.rawValue) { connection in
            try connection.query(
                """
                SELECT partition, position FROM perch.checkpoints
                WHERE group_name = \(group) AND topic = \(topic)
                """
            ) { row in
                (
                    try row.decode("partition", as: PartitionNumber.self),
                    try row.decode("position", as: Int64.self)
                )
            }
        }
        try Self.requireOrder(group, layouts, Dictionary(checkpoints) { $1 }, steps)
    }

    /// The same, once nobody else can change anything: the topic's leases are locked.
    func requireOrder(_ plan: ReplayPlan, in tx: borrowing Transaction) throws {
        let layouts = try LayoutStore.layouts(of: [plan.topic], in: tx)
        guard !layouts.isEmpty else { return }
        let checkpoints = try tx.query(
            """
            SELECT partition, position FROM perch.checkpoints
            WHERE group_name = \(plan.group) AND topic = \(plan.topic)
            """
        ) { row in
            (
                try row.decode("partition", as: PartitionNumber.self),
                try row.decode("position", as: Int64.self)
            )
        }
        try Self.requireOrder(plan.group, layouts, Dictionary(checkpoints) { $1 }, plan.steps)
    }

    private static func requireOrder(
        _ group: GroupName,
        _ layouts: [TopicLayout],
        _ checkpoints: [PartitionNumber: Position],
        _ steps: [ReplayPlan.Step]
    ) throws {
        let goals = Dictionary(steps.map { ($0.partition.number, $0.after.position) }) { $1 }
        for layout in layouts where layout.isReached(from: goals) {
            let change = ReachesBeforeChange(layout, group: group)
            guard layout.keepsOrderInReplay else {
                throw OperationRefused(reason: change.reason, advice: .readAgainAfterChange(at: change.changedAt))
            }
            // What came after the layout, in partitions that it had and in those that it had not.
            let isWhole = checkpoints.allSatisfy { number, position in
                let end = layout.ends.indices.contains(number.rawValue) ? layout.ends[number.rawValue] : 0
                return position <= end || (goals[number] ?? position) <= end
            }
            guard isWhole else {
                throw OperationRefused(
                    reason: "\(layout.topic) went from \(layout.partitions) to \(layout.nextPartitions) partitions at "
                        + "\(layout.endedAt): keys have moved, and what \(group) reads again from before must be followed by all "
                        + "that came after",
                    advice: .replayWholeTopic
                )
            }
        }
    }
}
