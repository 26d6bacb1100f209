/// What the worker knows of leases, by its process's heartbeat, and when it asks for some.
struct LeaseClaims: Sendable {
    private var view = LeaseView()
    /// Leases of ours may be lying in the table (after a reset, a raised epoch): ask for them whatever the heartbeat says.
    private var mustReacquire = true
    /// The heartbeat has a new connection: what is held may be of a newer state of Postgres than the present one.
    private var mustReadAnew = false
    private var next = Duration.zero

    /// By Postgres, in milliseconds since 1970.
    var clock: Int64 { view.clock }

    /// Of the operators' changes to failed events.
    func revision(of partition: Partition) -> Int64 { view.revisions[partition, default: 0] }

    mutating func observe(_ view: LeaseView) {
        if self.view.connection != 0, view.connection != self.view.connection { mustReadAnew = true }
        self.view = view
    }

    /// What was held is not, or may not be: it may still be ours.
    mutating func reacquire() { mustReacquire = true }

    /// Whether all that is held is to be taken anew.
    mutating func takeAnew() -> Bool {
        guard mustReadAnew else { return false }
        mustReadAnew = false
        mustReacquire = true
        return true
    }

    /// A higher epoch in the table proves that its lease is gone.
    func isLost(_ holding: Holding) -> Bool { view.epochs[holding.partition, default: holding.epoch] > holding.epoch }

    /// Whether leases are to be asked for now.
    func isDue(holding held: HeldPartitions, _ now: Duration) -> Bool {
        mustReacquire || nextClaim(holding: held).map { now >= $0 } ?? false
    }

    /// When leases may be asked for next, where the heartbeat says that there is one.
    func nextClaim(holding held: HeldPartitions) -> Duration? {
        let isThere =
            switch view.share {
            case .whole(let share): held.count < share && view.claimable.total > 0
            case .byTopic(let shares):
                shares.contains { held.count(of: $0) < $1 && view.claimable.most(of: $0) > 0 }
            }
        return isThere ? next : nil
    }

    /// - Returns: How many leases to ask for, beside what is ours already.
    mutating func begin(holding held: HeldPartitions, _ now: Duration, every interval: Duration) -> LeaseShare {
        mustReacquire = false
        next = now + interval
        switch view.share {
        case .whole(let share): return .whole(max(share - held.count, 0))
        case .byTopic(let shares):
            var limits: [TopicName: Int] = [:]
            for (topic, share) in shares where held.count(of: topic) < share {
                limits[topic] = share - held.count(of: topic)
            }
            return .byTopic(limits)
        }
    }

    /// What is held beyond the share, and to be given back. A worker that is not known to live has no share, and keeps all.
    func surplus(of held: HeldPartitions) -> [Holding] {
        switch view.share {
        case .whole(let share): return share > 0 ? held.dropFirst(share).map(\.holding) : []
        case .byTopic(let shares):
            guard shares.contains(where: { held.count(of: $0) > $1 }) else { return [] }
            var kept: [TopicName: Int] = [:]
            return held.holdings.filter { holding in
                let topic = holding.partition.topic
                guard let share = shares[topic] else { return false }
                kept[topic, default: 0] += 1
                return kept[topic, default: 0] > share
            }
        }
    }

    /// Whether nothing is to be asked for, given back or taken anew.
    func isSettled(holding held: HeldPartitions, _ now: Duration) -> Bool {
        !mustReadAnew && !isDue(holding: held, now) && surplus(of: held).isEmpty
    }
}
