/// Nothing is trusted to be all there: what a read gave, and that a read gave nothing.
extension WorkerProtocol {
    /// An empty read proves nothing: what `XRANGE` finds past the checkpoint has to be read again.
    mutating func verify(_ asked: [Holding], _ found: [WorkerInput.Peek], _ now: Duration) {
        for (holding, peek) in zip(asked, found) {
            guard let held = held[holding.partition], held.holding == holding else { continue }
            switch held.phase {
            case .reading: verify(held, peek, now)
            case .looking: look(held, peek, now)
            case .rewinding, .missing, .braked: break
            }
        }
    }

    private mutating func verify(_ found: HeldPartition, _ peek: WorkerInput.Peek, _ now: Duration) {
        switch peek {
        case .nothing: held.update(found.partition) { $0.hasVerified(now) }
        // Another consumer has taken it, or it came just now.
        case .entry(let id, let isOurs, _) where isOurs && found.isNext(id):
            held.update(found.partition) { $0.rewind() }
        case .entry, .streamEndsBefore: mismatch(found.partition, now)
        case .unread(let reason): miss(found.partition, reason, now)
        }
    }

    /// Nothing could be read of it: it is set to its checkpoint again, at once or in a while. All others go on.
    mutating func miss(_ partition: Partition, _ reason: WorkerInput.Unread, _ now: Duration) {
        switch reason {
        case .groupMissing: held.update(partition) { $0.rewind() }
        case .moved:
            // One that moves again before anything was read waits: whoever knows where it is may be wrong for a while.
            if held.update(partition, { $0.hasMismatched() }) == false { trouble(partition, now) }
        case .away:
            held.update(partition) { $0.isAway(at: now) }
            trouble(partition, now)
        }
    }

    /// It was rewound after a mismatch: may it be read again?
    private mutating func look(_ found: HeldPartition, _ peek: WorkerInput.Peek, _ now: Duration) {
        let partition = found.partition
        switch peek {
        case .entry(let id, let isOurs, let follower) where isOurs && found.isNext(id):
            guard let early = early(id, follower, found, now) else { return readAgain(found, now) }
            held.update(partition) { $0.hasFoundEarly(early, now) }
            note(.entryEarly(partition, early, by: .milliseconds(early.milliseconds - claims.clock)))
            _ = stand(partition, now)
        case .nothing: readAgain(found, now)
        case .streamEndsBefore(let end):
            let look = stand(partition, now)
            note(.streamEndsBefore(partition, checkpoint: found.holding.checkpoint, at: end, look: look))
        case .entry: mismatch(partition, now)
        case .unread(let reason): miss(partition, reason, now)
        }
    }

    private mutating func readAgain(_ found: HeldPartition, _ now: Duration) {
        if found.isTroubled {
            note(.untroubled(found.partition))
        } else if found.looks > 1 {
            note(.entryFound(found.partition))
        }
        held.update(found.partition) { $0.hasFoundNext(now) }
    }

    /// Which of the next entry, and the one that says that it is ours, lies too far ahead of the clock.
    private func early(_ id: EntryID, _ follower: EntryID?, _ found: HeldPartition, _ now: Duration) -> EntryID? {
        if isEarly(id, after: found.holding.checkpoint, found, now) { return id }
        return follower.flatMap { isEarly($0, after: id, found, now) ? $0 : nil }
    }

    /// Whether the entry lies so far ahead of the clock that the relay may take it out, and has not stood there for long.
    func isEarly(_ id: EntryID, after previous: EntryID, _ held: HeldPartition, _ now: Duration) -> Bool {
        id.isAhead(of: claims.clock, by: EntryID.Ahead.worker, after: previous)
            && !held.hasKnown(id, for: settings.earlyPatience, now)
    }

    // MARK: Standing

    /// It cannot be rewound. All others go on, and it is tried again each time later.
    mutating func trouble(_ partition: Partition, _ now: Duration) {
        let delay = settings.missing.delay(after: (held[partition]?.looks ?? 0) + 1, using: &random)
        note(.troubled(partition, retryIn: delay))
        held.update(partition) { $0.trouble(until: now + delay) }
    }

    /// What came is not what follows the checkpoint. The first time a rewind cures it, unless an entry is missing.
    mutating func mismatch(_ partition: Partition, _ now: Duration) {
        guard let found = held[partition], held.update(partition, { $0.hasMismatched() }) == false else { return }
        let look = stand(partition, now)
        note(.entryMissing(partition, after: found.holding.checkpoint, look: look))
    }

    /// Out of the read set for a while, each time longer.
    ///
    /// - Returns: How often it was looked at in vain.
    private mutating func stand(_ partition: Partition, _ now: Duration) -> Int {
        let looks = held[partition]?.looks ?? 0
        let delay = settings.missing.delay(after: looks, using: &random)
        held.update(partition) { $0.stand(until: now + delay) }
        return looks
    }
}
