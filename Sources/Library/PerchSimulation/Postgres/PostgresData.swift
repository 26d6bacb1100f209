import PerchProtocol

/// The rows of one database: the producer's part is used, or the consumers', which has rows for each partition of each group.
struct PostgresData {
    struct OutboxRow {
        let sequence: Int
        let transaction: Int
        let event: Int
        let partition: Int
        /// Somebody has looked at it with the reader's eyes.
        var isChecked: Bool
        /// When it was inserted, as `SimulatedPostgres.moment` counts.
        var began = 0
    }

    struct Lease {
        var owner: Int?
        var epoch = Epoch(rawValue: 0)
        var backend: Int?
        /// Of one that an operator holds; a worker's lives while the worker does.
        var heldUntil: Int64 = 0
    }

    struct Checkpoint {
        var epoch = Epoch(rawValue: 0)
        var id = EntryID.zero
        /// What was attempted last after an unclean takeover, and how often it was.
        var attempted: ClosedRange<Position>?
        var attempts = 0
    }

    struct Effect {
        let id: EntryID
        let event: Int
        let key: Int
    }

    struct FailedRow {
        let id: EntryID
        let event: Int
        let key: Int
        var state: ParkedEvent.State
        var attempts: Int
        var waits: Int
        var due: Int64
    }

    struct Heartbeat {
        let owner: Int
        let group: Int
        var expires: Int64
    }

    var outbox: [OutboxRow] = []
    var delayed: [DelayedRow] = []
    var log: [[LogRow]]
    /// The last id given, and up to where entries may be missing in the stream.
    var given: [EntryID]
    var trimmed: [Position]
    /// Up to where the log itself was dropped; the rows stay here for the checks, out of every statement's sight.
    var dropped: [Position]
    /// Every event that is committed here: what the checks compare with.
    var committed: [Int] = []
    /// What was taken over from the streams, since this database was set back.
    var adopted: Set<Int> = []
    var setAside = 0

    var leases: [Lease]
    var checkpoints: [Checkpoint]
    var effects: [[Effect]]
    /// By position.
    var failed: [[FailedRow]]
    var discarded: [[Position]]
    /// Up to where a replay lets events be handled again whose effects stand: handlers are idempotent, and what lies among the
    /// failed stays there.
    var replayed: [Position]
    var revisions: [Int64]
    /// By group: how often its leases, or its failed events by an operator, were changed.
    var leaseRevisions: [Int64]
    var heartbeats: [Heartbeat] = []

    init(partitions: Int, groups: Int) {
        let rows = partitions * groups
        log = Array(repeating: [], count: partitions)
        given = Array(repeating: .zero, count: partitions)
        trimmed = Array(repeating: 0, count: partitions)
        dropped = trimmed
        leases = Array(repeating: Lease(), count: rows)
        checkpoints = Array(repeating: Checkpoint(), count: rows)
        effects = Array(repeating: [], count: rows)
        failed = Array(repeating: [], count: rows)
        discarded = Array(repeating: [], count: rows)
        replayed = Array(repeating: 0, count: rows)
        revisions = Array(repeating: 0, count: rows)
        leaseRevisions = Array(repeating: 0, count: groups)
    }

    func visibleLog(_ partition: Int) -> ArraySlice<LogRow> {
        let dropped = dropped[partition]
        return log[partition].drop { $0.id.position <= dropped }
    }

    enum Write {
        case publish(OutboxRow)
        case delay(DelayedRow)
        case cancel(event: Int)
        case move(DueMove)
        case check(sequences: [Int])
        case refuse(sequences: [Int])
        case give(Int, [LogRow], sequences: [Int])
        case adopt(Int, [Entry], leavesOutbox: Bool, leavesDelayed: Bool)
        case trim(Int, Position)
        case drop(Int, Position)
        case setAside(Int)
        case lease(Int, Lease)
        case checkpointEpoch(Int, Epoch)
        case checkpoint(Int, EntryID)
        case effects(Int, [Effect])
        case attempt(Int, ClosedRange<Position>, Int)
        case countedRetry(Int, Position)
        case park(Int, [FailedRow])
        case settle(Int, resolved: [Position], changed: [FailedRow])
        case retryDead(Int, [Position], now: Int64)
        case discard(Int, Position)
        case reset(Int, to: EntryID)
        case goBack(Int, to: EntryID)
        case replayEvents(Int, key: Int, from: Position, now: Int64)
        case heartbeat(owner: Int, group: Int, expires: Int64)
        case signOff(owner: Int)

        /// The row of a group's partition, where it is about one in a round.
        var row: Int? {
            switch self {
            case .effects(let row, _), .checkpoint(let row, _), .park(let row, _), .settle(let row, _, _): row
            default: nil
            }
        }

        var isOfRound: Bool {
            switch self {
            case .effects, .checkpoint, .park, .settle: true
            default: false
            }
        }
    }

    mutating func apply(_ write: Write) {
        switch write {
        case .publish(let row):
            outbox.append(row)
            committed.append(row.event)
        case .delay(let row):
            delayed.append(row)
            committed.append(row.event)
        case .cancel(let event):
            delayed.removeAll { $0.event == event }
            // It has come through, in what was before the database was set back; whoever cancels it is too late and cannot know.
            if !adopted.contains(event) { committed.removeAll { $0 == event } }
        case .move(let move): apply(move)
        case .check(let sequences):
            for index in outbox.indices where sequences.contains(outbox[index].sequence) {
                outbox[index].isChecked = true
            }
        case .refuse(let sequences):
            let gone = outbox.filter { sequences.contains($0.sequence) }.map(\.event)
            outbox.removeAll { sequences.contains($0.sequence) }
            committed.removeAll { gone.contains($0) }
        case .give(let partition, let rows, let sequences):
            log[partition] += rows
            given[partition] = rows.last?.id ?? given[partition]
            outbox.removeAll { sequences.contains($0.sequence) }
        case .adopt(let partition, let entries, let leavesOutbox, let leavesDelayed):
            for entry in entries {
                log[partition].append(LogRow(id: entry.id, event: entry.event))
                adopted.insert(entry.event)
                if !committed.contains(entry.event) { committed.append(entry.event) }
                if !leavesOutbox { outbox.removeAll { $0.event == entry.event } }
                if !leavesDelayed { delayed.removeAll { $0.event == entry.event } }
            }
            given[partition] = entries.last?.id ?? given[partition]
        case .trim(let partition, let position): trimmed[partition] = max(trimmed[partition], position)
        case .drop(let partition, let position): dropped[partition] = max(dropped[partition], position)
        case .setAside(let count): setAside += count
        case .lease(let partition, let lease):
            leases[partition] = lease
            leaseRevisions[partition / log.count] += 1
        case .checkpointEpoch(let partition, let epoch): checkpoints[partition].epoch = epoch
        case .checkpoint(let partition, let id): checkpoints[partition].id = id
        case .effects(let partition, let new): effects[partition] += new
        case .reset(let partition, let id):
            effects[partition].removeAll { $0.id.position > id.position }
            failed[partition].removeAll { $0.id.position > id.position }
            discarded[partition].removeAll { $0 > id.position }
            checkpoints[partition].id = id
            replayed[partition] = min(replayed[partition], id.position)
        case .goBack(let partition, let id):
            replayed[partition] = max(replayed[partition], checkpoints[partition].id.position)
            checkpoints[partition].id = id
        case .retryDead(let partition, _, _), .discard(let partition, _), .replayEvents(let partition, _, _, _):
            applyToFailures(write)
            leaseRevisions[partition / log.count] += 1
        case .attempt, .countedRetry, .park, .settle: applyToFailures(write)
        case .heartbeat(let owner, let group, let expires):
            if let index = heartbeats.firstIndex(where: { $0.owner == owner }) {
                heartbeats[index].expires = expires
            } else {
                heartbeats.append(Heartbeat(owner: owner, group: group, expires: expires))
            }
        case .signOff(let owner): heartbeats.removeAll { $0.owner == owner }
        }
    }
}
