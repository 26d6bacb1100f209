import FoundationEssentials
import Perch
import Postgres

/// `Replays`, on the thread of the links.
struct LinkedReplays {
    let links: SystemLinks

    func restartAtCheckpoint(
        _ group: GroupName,
        _ topic: TopicName,
        by name: String,
        _ operation: UUID?
    ) throws -> Int {
        let partitions = try links.partitions(of: group, in: topic)
        return try links.withDatabase(of: group.rawValue) { connection in
            let places = PartitionLists(partitions)
            return try connection.transaction { tx in
                try tx.boundIdleTime()
                try tx.lock(places, in: group)
                try tx.raiseLeases(places, in: group)
                try tx.raiseEpochs(places, in: group)
                try OperatingStore(connection: connection).record(
                    "replay pending",
                    by: name,
                    of: group,
                    target: "\(group) \(topic)",
                    details: ["partitions": partitions.count],
                    operation: operation,
                    in: tx
                )
                return partitions.count
            }
        }
    }

    func plan(
        _ group: GroupName,
        _ topicName: TopicName,
        from place: StreamPlace,
        only: PartitionNumber? = nil
    ) throws -> ReplayPlan {
        _ = try links.partitions(of: group, in: topicName)
        let topic = try links.topic(topicName)
        try requireReplayable(group, topic)
        let partitions = topic.allPartitions.filter { only == nil || $0.number == only }
        guard !partitions.isEmpty else {
            throw OperationRefused(
                reason: "\(topicName) has \(topic.partitions) partitions, numbered from 0",
                advice: .giveOnePartition
            )
        }
        var status = partitions.map { GroupStatus.PartitionStatus(partition: $0) }
        let dead = try links.withDatabase(of: group.rawValue) { connection in
            let store = StatusStore(connection: connection)
            _ = try store.readCheckpoints(of: &status, in: group)
            try store.readFailures(of: &status, in: group)
            return status.reduce(0) { $0 + ($1.failed.map { $0.failed + $0.held + $0.dead } ?? 0) }
        }
        var notes: [String] = []
        let steps = try status.compactMap { status -> ReplayPlan.Step? in
            guard let before = status.checkpoint, before > .zero else { return nil }
            guard let after = try goal(place, status.partition, topic, &notes), after.position <= before.position else {
                return nil
            }
            return ReplayPlan.Step(partition: status.partition, before: before, after: after)
        }
        if steps.isEmpty, case .entry(let id) = place {
            throw OperationRefused(
                reason: "\(group) has read no entry \(id) of \(topicName)",
                advice: .seeEvent(topicName, id: "\(id)")
            )
        }
        try requireOrder(group, topicName, steps)
        if dead > 0 {
            notes.append("\(dead) events lie in perch.failed_events: they are skipped and stay there")
        }
        return ReplayPlan(group: group, topic: topicName, steps: steps.filter { $0.events > 0 }, notes: notes)
    }

    func replay(_ plan: ReplayPlan, by name: String, _ operation: UUID?) throws {
        guard !plan.steps.isEmpty else { return }
        let places = PartitionLists(plan.steps.map(\.partition))
        try links.withDatabase(of: plan.group.rawValue) { connection in
            try connection.transaction { tx in
                try tx.boundIdleTime()
                try tx.lockAll(of: [plan.topic], in: plan.group)
                try requireOrder(plan, in: tx)
                try tx.raiseLeases(places, in: plan.group)
                let moved = try tx.affectedRows(
                    """
                    -- What once ended its process there may be mended: its attempts begin anew.
                    UPDATE perch.checkpoints c SET position = p.position, entry_id = p.entry_id,
                        attempted_from = 0, attempted_to = 0, attempts = 0
                    FROM unnest(
                        \(places.topics), \(places.numbers), \(plan.steps.map(\.after.position)),
                        \(plan.steps.map(\.after))
                    ) AS p (topic, partition, position, entry_id)
                    WHERE c.group_name = \(plan.group) AND c.topic = p.topic AND c.partition = p.partition
                        AND c.position >= p.position
                    """
                )
                guard moved == plan.steps.count else {
                    throw OperationRefused(
                        reason: "a checkpoint of \(plan.group) is below where it was to go: somebody else set it back",
                        advice: .planAgain(plan.group)
                    )
                }
                try tx.raiseEpochs(places, in: plan.group)
                try tx.fenceIdle([plan.topic], in: plan.group)
                try OperatingStore(connection: connection).record(
                    "replay",
                    by: name,
                    of: plan.group,
                    target: "\(plan.group) \(plan.topic)",
                    details: plan.record,
                    operation: operation,
                    in: tx
                )
                try tx.flush()
                // From here the relays keep what the group has not read again. Its owner sets it there too; a user without
                // the right leaves it to the owner.
                try? links.withStreams { streams in
                    // One that is missing holds the trimming back too.
                    for step in plan.steps { try streams.set(plan.group, in: step.partition, to: step.after) }
                }
            }
        }
    }

    // MARK: Where to

    func requireReplayable(_ group: GroupName, _ topic: TopicContract) throws {
        let declared = try links.withDatabase(of: group.rawValue) {
            try OperatingStore(connection: $0).subscriptions(of: group)[topic.name]
        }
        guard let declared else {
            throw OperationRefused(
                reason: "nothing is known of how \(group) handles \(topic.name): no worker of it has ever started",
                advice: .startWorkersOnce
            )
        }
        if declared.isIdempotent { return }
        if declared.hasReset {
            throw OperationRefused(
                reason: "\(group) is not idempotent in \(topic.name): events would take effect twice",
                advice: .rebuildByOwnProgram
            )
        }
        throw OperationRefused(
            reason:
                "the subscription of \(group) to \(topic.name) neither is idempotent by event id nor declares a reset: "
                + "events would take effect twice",
            advice: .makeIdempotent
        )
    }

    /// The entry after which to read; nil where nothing of the partition is to be read again.
    private func goal(
        _ place: StreamPlace,
        _ partition: Partition,
        _ topic: TopicContract,
        _ notes: inout [String]
    ) throws -> EntryID? {
        let stream = try links.withStreams { try $0.ends(of: partition) }
        guard let first = try firstEntry(place, partition, topic, stream) else { return nil }
        let begins = stream.first?.position ?? .max
        if begins > first.position, stream.last > .zero {
            let start = begins == .max ? "is empty" : "begins at position \(begins)"
            guard topic.archive.age == nil else {
                throw OperationRefused(
                    reason:
                        "the stream \(partition) \(start): what came before was trimmed, and its archive is not kept for ever",
                    advice: .replayFrom(stream.first)
                )
            }
            notes.append(
                "the stream \(partition) \(start): the relay of \(topic.owner) makes it again from its log, "
                    + "from position \(first.position) on"
            )
        }
        return try predecessor(of: first, partition, topic)
    }

    /// The first entry to be read again.
    func firstEntry(
        _ place: StreamPlace,
        _ partition: Partition,
        _ topic: TopicContract,
        _ stream: StreamEnds
    ) throws -> EntryID? {
        switch place {
        case .end: return nil
        case .beginning: return EntryID(milliseconds: 0, position: 1)
        case .entry(let id):
            if try links.withStreams({ try $0.present([id], in: partition) }).contains(id) { return id }
            let logged = try links.withDatabase(of: topic.owner) {
                try LogReader(connection: $0, source: topic.owner).id(at: id.position, of: partition)
            }
            return logged == id ? id : nil
        case .time(let time):
            let streamed = try links.withStreams { try $0.firstEntry(of: partition, since: time.milliseconds) }
            // Trimmed before it: what is older than the stream is in the log.
            guard streamed == nil || (streamed == stream.first && streamed?.position != 1) else { return streamed }
            guard links.system.databases[topic.owner] != nil else { return streamed }
            return try links.withDatabase(of: topic.owner) {
                try LogReader(connection: $0, source: topic.owner).first(notBefore: time.milliseconds, of: partition)
            } ?? streamed
        }
    }

    func predecessor(of id: EntryID, _ partition: Partition, _ topic: TopicContract) throws -> EntryID {
        guard id.position > 1 else { return .zero }
        let streamed = try links.withStreams { try $0.lastEntry(of: partition, before: id) }
        if let streamed, streamed.position == id.position - 1 { return streamed }
        let logged = try links.withDatabase(of: topic.owner) {
            try LogReader(connection: $0, source: topic.owner).id(at: id.position - 1, of: partition)
        }
        guard let logged else {
            throw OperationRefused(
                reason: "neither the stream \(partition) nor the log of \(topic.owner) has position \(id.position - 1)",
                advice: .replayFromLaterPlace()
            )
        }
        return logged
    }
}

extension ReplayPlan {
    fileprivate struct Record: Encodable {
        let events: Int64
        let checkpoints: [String: Move]

        struct Move: Encodable {
            let before, after: String
        }
    }

    /// Before and after, for the record.
    fileprivate var record: Record {
        let moves = steps.map {
            ($0.partition.description, Record.Move(before: $0.before.description, after: $0.after.description))
        }
        return Record(events: events, checkpoints: Dictionary(moves) { $1 })
    }
}
