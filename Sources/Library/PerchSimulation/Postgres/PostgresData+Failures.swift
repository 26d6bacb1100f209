import PerchProtocol

/// Failed events: what changes them, and what must hold of them at every COMMIT.
extension PostgresData {
    mutating func applyToFailures(_ write: Write) {
        switch write {
        case .attempt(let partition, let positions, let attempts):
            checkpoints[partition].attempted = positions
            checkpoints[partition].attempts = attempts
        case .countedRetry(let partition, let position):
            change(partition, position) { $0.attempts += 1 }
        case .park(let partition, let rows):
            add(rows, to: partition)
        case .replayEvents(let partition, let key, let first, let now):
            let chosen = effects[partition].filter { $0.key == key && $0.id.position >= first }
            effects[partition].removeAll { $0.key == key && $0.id.position >= first }
            add(chosen.map { FailedRow($0, due: now) }, to: partition)
            guard let head = failed[partition].first(where: { $0.key == key }) else { return }
            change(partition, head.id.position) { if $0.state == .held { $0.state = .failed } }
            revisions[partition] += 1
        case .settle(let partition, let resolved, let changed):
            failed[partition].removeAll { resolved.contains($0.id.position) }
            for row in changed { change(partition, row.id.position) { $0 = row } }
        case .retryDead(let partition, let positions, let now):
            for position in positions {
                change(partition, position) {
                    $0.state = .failed
                    $0.attempts = 0
                    $0.due = now
                }
            }
            revisions[partition] += 1
        case .discard(let partition, let position):
            failed[partition].removeAll { $0.id.position == position }
            discarded[partition].append(position)
            revisions[partition] += 1
        default: preconditionFailure("\(write) is not about failures")
        }
    }

    private mutating func add(_ rows: [FailedRow], to partition: Int) {
        failed[partition] += rows
        failed[partition].sort { $0.id.position < $1.id.position }
    }

    private mutating func change(_ partition: Int, _ position: Position, _ body: (inout FailedRow) -> Void) {
        guard let index = failed[partition].firstIndex(where: { $0.id.position == position }) else { return }
        body(&failed[partition][index])
    }

    /// Whether an event that a replay lets be handled again has taken effect, or was discarded: then its handler changes nothing.
    func isDone(_ position: Position, of partition: Int) -> Bool {
        position <= replayed[partition]
            && (effects[partition].contains { $0.id.position == position } || discarded[partition].contains(position))
    }

    /// The first event of each key.
    func heads(_ partition: Int) -> [FailedRow] {
        var seen: Set<Int> = []
        return failed[partition].filter { seen.insert($0.key).inserted }
    }

    // MARK: What must hold

    /// Why a transaction of a worker must not be committed: nothing takes effect twice, or before an earlier event of its key;
    /// and each event up to the checkpoint has taken effect, lies among the failed, or was discarded.
    func problem(of writes: [Write]) -> String? {
        var touched: [Int] = []
        for write in writes where write.isOfRound {
            switch write {
            case .effects(let partition, _), .checkpoint(let partition, _), .park(let partition, _),
                .settle(let partition, _, _):
                if !touched.contains(partition) { touched.append(partition) }
            default: break
            }
        }
        for partition in touched {
            if let problem = problem(of: writes, in: partition) { return problem }
        }
        return nil
    }

    private func problem(of writes: [Write], in partition: Int) -> String? {
        var checkpoint = checkpoints[partition].id.position
        var new: [Effect] = []
        var waiting = failed[partition]
        for write in writes {
            switch write {
            case .effects(partition, let effects): new += effects
            case .checkpoint(partition, let id): checkpoint = id.position
            case .park(partition, let rows): waiting += rows
            case .settle(partition, let resolved, _): waiting.removeAll { resolved.contains($0.id.position) }
            default: break
            }
        }
        var taken = Set(discarded[partition])
        var last: [Int: Position] = [:]
        for effect in effects[partition] {
            taken.insert(effect.id.position)
            last[effect.key] = max(last[effect.key] ?? 0, effect.id.position)
        }
        for effect in new {
            if effect.event < 0 { return "a foreign entry \(effect.id) took effect" }
            guard taken.insert(effect.id.position).inserted else {
                return "event \(effect.event) at \(effect.id) took effect twice"
            }
            if let before = last[effect.key], before > effect.id.position {
                return "event \(effect.event) at \(effect.id) took effect after \(before) of its key"
            }
            last[effect.key] = effect.id.position
            if let overtaken = waiting.first(where: { $0.key == effect.key && $0.id.position < effect.id.position }) {
                return "event \(effect.event) at \(effect.id) overtook \(overtaken.id) of its key, which waits"
            }
        }
        // What waits past a checkpoint that a replay has set back is held again when it comes; nothing else can be there.
        let most = max(checkpoint, replayed[partition])
        for row in waiting where !taken.insert(row.id.position).inserted && row.id.position > replayed[partition] {
            return "event \(row.event) at \(row.id) is parked, and has taken effect or is parked twice"
        }
        guard taken.count == Int(most), taken.allSatisfy({ $0 <= most }) else {
            let missing = most < 1 ? [] : (1...most).filter { !taken.contains($0) }
            return "the checkpoint \(checkpoint) and the events do not agree: \(missing) are missing, of \(taken.count)"
        }
        return nil
    }
}

extension PostgresData.FailedRow {
    /// Chosen to be handled again: behind the others of its key.
    init(_ effect: PostgresData.Effect, due: Int64) {
        self.init(id: effect.id, event: effect.event, key: effect.key, state: .held, attempts: 0, waits: 0, due: due)
    }
}
