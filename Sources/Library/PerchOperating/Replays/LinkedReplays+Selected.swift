import FoundationEssentials
import Perch
import Postgres

/// A replay of a range or of a key.
///
/// A checkpoint says two things: everything up to it was handled, once and in order; and nothing past it was. It cannot be set
/// back for some events only, for then it would say neither. So it stays, and the chosen events are put into
/// `perch.failed_events`, as if each had just failed for the first time: there the partition's owner takes them from, the first
/// of each key first, under its own fence, while later events of these keys are held behind them and other keys go on. What is
/// said of failed events holds for them: attempts, backoff, dead letters, what operators can do with them (`FailedEvents`).
///
/// That the owner learns of it in time is what the epochs are for: in the same transaction leases and checkpoints get higher
/// ones, so that whatever the owner is just doing, without knowing that these keys are held now, is refused at its fence; it
/// starts again at the checkpoint, and reads which keys are held before it handles anything. (A new revision in
/// `perch.failure_revisions` alone would let it handle later events of these keys until its next heartbeat.)
///
/// The rows are inserted before leases and checkpoints are locked, as workers do it: failed events first, then the checkpoint.
/// The other way round the two could wait for each other.
extension LinkedReplays {
    func plan(
        _ group: GroupName,
        _ topicName: TopicName,
        selecting selection: ReplaySelection
    ) throws -> SelectedReplayPlan {
        _ = try links.partitions(of: group, in: topicName)
        let topic = try links.topic(topicName)
        try requireReplayable(group, topic)
        try requireOneLayout(group, topicName, selection)
        let partitions = try chosen(selection, topic)
        var status = partitions.map { GroupStatus.PartitionStatus(partition: $0) }
        try links.withDatabase(of: group.rawValue) { connection in
            _ = try StatusStore(connection: connection).readCheckpoints(of: &status, in: group)
        }
        var steps: [SelectedReplayPlan.Step] = []
        var isPaused = false
        for status in status {
            guard let read = status.checkpoint, read > .zero else { continue }
            let room = SelectedReplayPlan.most - steps.reduce(0) { $0 + $1.events }
            guard let step = try step(selection, status.partition, read, topic, group, room: room) else { continue }
            steps.append(step)
            isPaused = isPaused || status.isPaused == true
        }
        if steps.isEmpty, selection.names(\.isEntry) {
            throw OperationRefused(
                reason: "\(group) has read no such events of \(topicName)",
                advice: .seeEventsAndGroup(topicName, group)
            )
        }
        var notes: [String] = []
        let skipped = steps.reduce(0) { $0 + $1.skipped }
        if skipped > 0 {
            let what =
                skipped == 1
                ? "1 of them lies in failed events already: it stays as it is"
                : "\(skipped) of them lie in failed events already: they stay as they are"
            notes.append("\(what) there")
        }
        if isPaused { notes.append("\(group) is paused: they wait until it is resumed") }
        return SelectedReplayPlan(group: group, topic: topicName, selection: selection, steps: steps, notes: notes)
    }

    func replay(_ plan: SelectedReplayPlan, by name: String, _ operation: UUID?) throws -> Int {
        guard !plan.steps.isEmpty, let topic = links.contract.topic(plan.topic) else { return 0 }
        let places = PartitionLists(plan.steps.map(\.partition))
        return try links.withDatabase(of: plan.group.rawValue) { connection in
            try connection.transaction { tx in
                try tx.boundIdleTime()
                let store = ReplayStore(by: name, group: plan.group)
                var inserted: [Int64] = []
                for step in plan.steps {
                    try forEachPage(step, plan.selection.key, topic, apartFrom: plan.group) {
                        inserted += try store.insert($0, in: tx)
                    }
                }
                try tx.lock(places, in: plan.group)
                try tx.raiseLeases(places, in: plan.group)
                guard try store.hasRead(plan.steps, in: tx) else {
                    throw OperationRefused(
                        reason: "a checkpoint of \(plan.group) is below these events: somebody set it back",
                        advice: .planAgain(plan.group)
                    )
                }
                try store.makeDue(inserted, in: tx)
                try tx.raiseEpochs(places, in: plan.group)
                try OperatingStore(connection: connection).record(
                    "replay selected",
                    by: name,
                    of: plan.group,
                    target: "\(plan.group) \(plan.topic)\(plan.selection.key.map { " key \($0)" } ?? "")",
                    details: plan.record(events: inserted.count),
                    operation: operation,
                    in: tx
                )
                return inserted.count
            }
        }
    }

    // MARK: Which

    /// Chosen events are retried partition by partition: of a key that has moved, the old ones are elsewhere.
    private func requireOneLayout(_ group: GroupName, _ topic: TopicName, _ selection: ReplaySelection) throws {
        let layouts = try links.withDatabase(of: group.rawValue) { try LayoutStore.layouts(of: [topic], on: $0) }
        guard let layout = layouts.last(where: { selection.from.isBefore($0.endedAt) }) else { return }
        throw OperationRefused(
            reason:
                "\(topic) went from \(layout.partitions) to \(layout.nextPartitions) partitions at \(layout.endedAt): "
                + "keys have moved, and a part of what came before cannot be replayed in order with what came after",
            advice: .replayAfterChange(at: layout.endedAt, group, topic)
        )
    }

    private func chosen(_ selection: ReplaySelection, _ topic: TopicContract) throws -> [Partition] {
        var partitions = topic.allPartitions
        if let key = selection.key { partitions = [topic.partition(of: key)] }
        partitions.removeAll { selection.partition != nil && $0.number != selection.partition }
        guard partitions.isEmpty else { return partitions }
        if let key = selection.key {
            throw OperationRefused(
                reason: "the events of \(key) are in \(topic.partition(of: key))",
                advice: .leavePartitionOut
            )
        }
        throw OperationRefused(
            reason: "\(topic.name) has \(topic.partitions) partitions, numbered from 0",
            advice: .giveOnePartition
        )
    }

    private func step(
        _ selection: ReplaySelection,
        _ partition: Partition,
        _ read: EntryID,
        _ topic: TopicContract,
        _ group: GroupName,
        room: Int64
    ) throws -> SelectedReplayPlan.Step? {
        let stream = try links.withStreams { try $0.ends(of: partition) }
        guard let first = try firstEntry(selection.from, partition, topic, stream),
            let last = try lastEntry(selection.to, partition, topic, stream, read), first.position <= last.position
        else { return nil }
        var count: Int64 = 0
        var found: (first: EntryID, last: EntryID)?
        let whole = SelectedReplayPlan.Step(partition: partition, first: first, last: last, events: 0, skipped: 0)
        if selection.key == nil { try refuse(last.position - max(0, first.position - 1), over: room) }
        try forEachPage(whole, selection.key, topic, apartFrom: nil) { events in
            count += Int64(events.count)
            try refuse(count, over: room)
            guard let first = events.first?.entryID, let last = events.last?.entryID else { return }
            found = (found?.first ?? first, last)
        }
        guard let found else { return nil }
        let skipped = try links.withDatabase(of: group.rawValue) {
            let (first, last) = found
            return try ReplayStore.count(
                in: group,
                from: first,
                through: last,
                of: partition,
                selection.key,
                on: $0
            )
        }
        return .init(partition: partition, first: found.first, last: found.last, events: count, skipped: skipped)
    }

    private func refuse(_ count: Int64, over room: Int64) throws {
        guard count > room else { return }
        throw OperationRefused(
            reason: "these are more than \(SelectedReplayPlan.most) events, the most of one replay of chosen events",
            advice: .narrowSelection
        )
    }

    /// The last entry to be handled again; nil: none is so old.
    private func lastEntry(
        _ place: StreamPlace?,
        _ partition: Partition,
        _ topic: TopicContract,
        _ stream: StreamEnds,
        _ read: EntryID
    ) throws -> EntryID? {
        var last = read
        switch place {
        case nil, .end: break
        case .beginning: return nil
        case .entry:
            guard let place, let entry = try firstEntry(place, partition, topic, stream) else { return nil }
            last = entry
        case .time(let time):
            let later = StreamPlace.time(Timestamp(milliseconds: time.milliseconds + 1))
            if let newer = try firstEntry(later, partition, topic, stream) {
                last = try predecessor(of: newer, partition, topic)
            }
        }
        guard last > .zero else { return nil }
        return last.position < read.position ? last : read
    }

    // MARK: Reading

    /// - Parameter group: Whose database is in a transaction: another connection is taken where the owner has the same one.
    private func forEachPage(
        _ step: SelectedReplayPlan.Step,
        _ key: String?,
        _ topic: TopicContract,
        apartFrom group: GroupName?,
        _ body: ([FoundEvent]) throws -> Void
    ) throws {
        func read(_ place: ReplaySource.Place) throws {
            let source = ReplaySource(place: place, partition: step.partition, source: topic.owner)
            var next: EntryID? = step.first
            while let from = next {
                let page = try source.page(from: from, through: step.last.position, key: key)
                try body(page.events)
                next = page.next
            }
        }
        if links.system.databases[topic.owner] != nil {
            let isDone = try links.withDatabase(of: topic.owner, isAnother: topic.owner == group?.rawValue) {
                connection in
                let log = LogReader(connection: connection, source: topic.owner)
                guard try log.id(at: step.first.position, of: step.partition) != nil else { return false }
                try read(.log(connection))
                return true
            }
            if isDone { return }
        }
        try links.withStreams { streams in
            let begins = try streams.ends(of: step.partition).first
            guard let begins, begins.position <= step.first.position else {
                throw OperationRefused(
                    reason: "neither the log of \(topic.owner) nor the stream \(step.partition) has position "
                        + "\(step.first.position) any more",
                    advice: .replayFromLaterPlace(streamBeginsAt: begins)
                )
            }
            try read(.stream(streams))
        }
    }
}

extension ReplaySelection {
    fileprivate func names(_ kind: (StreamPlace) -> Bool) -> Bool { kind(from) || to.map(kind) == true }
}

extension StreamPlace {
    fileprivate var isEntry: Bool { if case .entry = self { true } else { false } }
}

extension SelectedReplayPlan {
    fileprivate struct Record: Encodable {
        let events: Int
        let partitions: [String: Range]

        struct Range: Encodable {
            let first, last: String
        }
    }

    /// For the record.
    fileprivate func record(events: Int) -> Record {
        let ranges = steps.map {
            ($0.partition.description, Record.Range(first: $0.first.description, last: $0.last.description))
        }
        return Record(events: events, partitions: Dictionary(ranges) { $1 })
    }
}
