/// How many entries of a topic may be read now, so that in no second more are read than may be, however many come.
struct TailPace {
    /// How long what was read counts.
    private static let second = Duration.seconds(1)

    /// The most entries of a second.
    let most: Int
    /// How many partitions are read at a time.
    let width: Int
    private var reads: [(at: ContinuousClock.Instant, count: Int)] = []
    private var sum = 0

    init(most: Int, width: Int) { (self.most, self.width) = (max(most, width), max(1, width)) }

    /// How many may be read of each partition now; 0: none, until `rest` is over.
    mutating func limit(at now: ContinuousClock.Instant) -> Int {
        forget(until: now)
        return (most - sum) / width
    }

    /// So many have been read.
    mutating func note(_ count: Int, at now: ContinuousClock.Instant) {
        guard count > 0 else { return }
        reads.append((now, count))
        sum += count
    }

    /// Until when nothing is read, once no more may be: then a half of what may be read in a second may be read at once.
    mutating func rest(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        forget(until: now)
        guard most - sum < width else { return nil }
        var left = sum
        for read in reads {
            left -= read.count
            if left <= most / 2, most - left >= width { return read.at + Self.second }
        }
        return reads.last.map { $0.at + Self.second }
    }

    private mutating func forget(until now: ContinuousClock.Instant) {
        let old = reads.prefix { now - $0.at >= Self.second }
        for read in old { sum -= read.count }
        reads.removeFirst(old.count)
    }
}
