/// Nothing is trusted to be all there: what a read gave, and that a read gave nothing.
extension WorkerProtocol {
    /// An empty read proves nothing: what `XRANGE` finds past the checkpoint has to be read again.
    mutating func verify(_ asked: [Holding], _ found: [WorkerInput.PeekedEntry?], _ now: Duration) {
        for (holding, entry) in zip(asked, found) {
            guard let held = self.entry(holding.partition), held.holding == holding else { continue }
            let isNext = entry.map { $0.isOurs && $0.id.position == holding.checkpoint.position + 1 } ?? true
            switch held.phase {
            case .reading where entry == nil:
                update(holding.partition) { $0.verifiedAt = now }
            case .reading where isNext:
                // Another consumer has taken it, or it came just now.
                update(holding.partition) { $0.phase = .rewinding }
            case .looking where isNext:
                if held.looks > 1 { note(.entryFound(holding.partition)) }
                update(holding.partition) {
                    $0.phase = .reading
                    $0.looks = 0
                    $0.verifiedAt = now
                }
            case .reading, .looking:
                mismatch(holding.partition, now)
            case .rewinding, .missing, .braked:
                break
            }
        }
    }

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
        let looks = held.looks + 1
        guard looks > 1 else {
            return update(partition) {
                $0.looks = looks
                $0.phase = .rewinding
            }
        }
        let delay = settings.missing.delay(after: looks - 1, using: &random)
        note(.entryMissing(partition, after: held.holding.checkpoint, look: looks - 1))
        update(partition) {
            $0.looks = looks
            $0.phase = .missing(until: now + delay)
        }
    }
}
