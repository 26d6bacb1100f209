/// Nothing is trusted to be all there: what a read gave, and that a read gave nothing.
extension WorkerProtocol {
    /// An empty read proves nothing: what `XRANGE` finds past the checkpoint has to be read again.
    mutating func verify(_ asked: [Holding], _ found: [WorkerInput.Peek], _ now: Duration) {
        for (holding, peek) in zip(asked, found) {
            guard let held = self.entry(holding.partition), held.holding == holding else { continue }
            switch held.phase {
            case .reading: verify(held, peek, now)
            case .looking: look(held, peek, now)
            case .rewinding, .missing, .braked: break
            }
        }
    }

    private mutating func verify(_ held: Held, _ peek: WorkerInput.Peek, _ now: Duration) {
        switch peek {
        case .nothing: update(held.holding.partition) { $0.verifiedAt = now }
        // Another consumer has taken it, or it came just now.
        case .entry(let id, let isOurs) where isOurs && isNext(id, held):
            update(held.holding.partition) { $0.phase = .rewinding }
        case .entry, .streamEndsBefore: mismatch(held.holding.partition, now)
        case .unread(let reason): miss(held.holding.partition, reason, now)
        }
    }

    /// Nothing could be read of it: it is set to its checkpoint again, at once or in a while. All others go on.
    mutating func miss(_ partition: Partition, _ reason: WorkerInput.Unread, _ now: Duration) {
        switch reason {
        case .groupMissing, .moved: update(partition) { $0.phase = .rewinding }
        case .away: trouble(partition, now)
        }
    }

    /// It was rewound after a mismatch: may it be read again?
    private mutating func look(_ held: Held, _ peek: WorkerInput.Peek, _ now: Duration) {
        let partition = held.holding.partition
        switch peek {
        case .entry(let id, let isOurs) where isOurs && isNext(id, held) && isEarly(id, held, now):
            if held.early?.id != id { update(partition) { $0.early = (id, now) } }
            note(.entryEarly(partition, id, by: .milliseconds(id.milliseconds - view.clock)))
            _ = stand(partition, now)
        case .entry(let id, let isOurs) where isOurs && isNext(id, held): readAgain(held, now)
        case .nothing: readAgain(held, now)
        case .streamEndsBefore(let end):
            let look = stand(partition, now)
            note(.streamEndsBefore(partition, checkpoint: held.holding.checkpoint, at: end, look: look))
        case .entry: mismatch(partition, now)
        case .unread(let reason): miss(partition, reason, now)
        }
    }

    private func isNext(_ id: EntryID, _ held: Held) -> Bool { id.position == held.holding.checkpoint.position + 1 }

    private mutating func readAgain(_ held: Held, _ now: Duration) {
        if held.looks > 1 { note(.entryFound(held.holding.partition)) }
        update(held.holding.partition) {
            $0.phase = .reading
            $0.looks = 0
            $0.verifiedAt = now
        }
    }

    /// Whether the next entry lies so far ahead of the clock that the relay may take it out, and has not stood there for long.
    private func isEarly(_ id: EntryID, _ held: Held, _ now: Duration) -> Bool {
        isEarly(id, after: held.holding.checkpoint, held, now)
    }

    func isEarly(_ id: EntryID, after previous: EntryID, _ held: Held, _ now: Duration) -> Bool {
        guard id.isAhead(of: view.clock, by: EntryID.Ahead.worker, after: previous) else { return false }
        guard let early = held.early, early.id == id else { return true }
        return now - early.since < settings.earlyPatience
    }

    // MARK: Standing

    /// It cannot be rewound. All others go on, and it is tried again each time later.
    mutating func trouble(_ partition: Partition, _ now: Duration) {
        let looks = (entry(partition)?.looks ?? 0) + 1
        let delay = settings.missing.delay(after: looks, using: &random)
        note(.troubled(partition, retryIn: delay))
        update(partition) {
            $0.looks = looks
            $0.phase = .missing(until: now + delay)
        }
    }

    /// What came is not what follows the checkpoint. The first time a rewind cures it, unless an entry is missing.
    mutating func mismatch(_ partition: Partition, _ now: Duration) {
        guard let held = entry(partition) else { return }
        guard held.looks > 0 else {
            return update(partition) {
                $0.looks = 1
                $0.phase = .rewinding
            }
        }
        let look = stand(partition, now)
        note(.entryMissing(partition, after: held.holding.checkpoint, look: look))
    }

    /// Out of the read set for a while, each time longer.
    ///
    /// - Returns: How often it was looked at in vain.
    private mutating func stand(_ partition: Partition, _ now: Duration) -> Int {
        let looks = entry(partition)?.looks ?? 0
        let delay = settings.missing.delay(after: looks, using: &random)
        update(partition) {
            $0.looks = looks + 1
            $0.phase = .missing(until: now + delay)
        }
        return looks
    }
}
