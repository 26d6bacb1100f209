/// What the worker knows of leases, by its process's heartbeat, and when it asks for some.
struct LeaseClaims: Sendable {
    private var view = LeaseView()
    /// Leases of ours may be lying in the table (after a reset, a raised epoch): ask for them whatever the heartbeat says.
    private var mustReacquire = true
    /// The heartbeat has a new connection: what is held may be of a newer state of Postgres than the present one.
    private var mustReadAnew = false
    private var next = Duration.zero
    private let straysAfter: Duration
    private let leavesFor: Duration
    /// Since when the leases that no living worker holds are seen to be free.
    private var freeSince: [Partition: Duration] = [:]
    private var hasSeenFree = true
    /// Leases that were given back, since others may reach what we do not: until when they are left to them.
    private var left: [Partition: Duration] = [:]
    /// Leases that were taken beyond the share: until when they do not count.
    private var strays: [Partition: Duration] = [:]

    /// - Parameters:
    ///   - straysAfter: After how long a free lease is taken by who has its share.
    ///   - leavesFor: How long one that was left to others is not asked for, and one that was taken beyond the share does not count.
    init(straysAfter: Duration, leavesFor: Duration) {
        self.straysAfter = straysAfter
        self.leavesFor = leavesFor
    }

    /// By Postgres, in milliseconds since 1970.
    var clock: Int64 { view.clock }

    /// Of the operators' changes to failed events.
    func revision(of partition: Partition) -> Int64 { view.revisions[partition, default: 0] }

    mutating func observe(_ view: LeaseView) {
        if self.view.connection != 0, view.connection != self.view.connection { mustReadAnew = true }
        if view.free != self.view.free { hasSeenFree = false }
        self.view = view
    }

    /// What the heartbeat has seen is from now on.
    mutating func follow(_ now: Duration) {
        if !hasSeenFree {
            hasSeenFree = true
            let known = freeSince
            freeSince = Dictionary(uniqueKeysWithValues: view.free.map { ($0, known[$0] ?? now) })
        }
        // What one of them does not reach, another one of the process would not reach either.
        if !view.left.isEmpty { left.merge(view.left) { max($0, $1) } }
        if !left.isEmpty { left = left.filter { $0.value > now } }
    }

    /// Another worker of the group lives.
    var hasOthers: Bool { view.workers > 1 }

    /// It is given back, for others may reach it.
    mutating func leave(_ partition: Partition, _ now: Duration) { left[partition] = now + leavesFor }

    /// It is not held any more.
    mutating func drop(_ partition: Partition) { strays[partition] = nil }

    /// What is not asked for now. What nobody takes is.
    func leftToOthers(_ now: Duration) -> [Partition] { left.keys.filter { isLeft($0, now) }.sorted() }

    private func isLeft(_ partition: Partition, _ now: Duration) -> Bool {
        guard let until = left[partition], until > now else { return false }
        // Twice as long as others wait with taking it.
        return freeSince[partition].map { now - $0 < straysAfter * 2 } ?? true
    }

    /// Free leases of the topic that may be asked for.
    private func claimable(of topic: TopicName, _ now: Duration) -> Int {
        let count = view.claimable.most(of: topic)
        guard count > 0, !left.isEmpty else { return count }
        return count - view.free.count { $0.topic == topic && isLeft($0, now) }
    }

    /// Free leases of the topic that nobody has taken for long.
    private func hasStrays(of topic: TopicName, _ now: Duration) -> Bool {
        freeSince.contains { $0.key.topic == topic && now - $0.value >= straysAfter && !isLeft($0.key, now) }
    }

    /// How many of the topic may be held: what was taken beyond the share counts later.
    private func allowed(of topic: TopicName, share: Int, _ now: Duration) -> Int {
        strays.isEmpty ? share : share + strays.count { $0.key.topic == topic && $0.value > now }
    }

    /// What was just taken is held.
    mutating func hasTaken(_ holdings: [Holding], _ held: HeldPartitions, _ now: Duration) {
        if !strays.isEmpty { strays = strays.filter { held[$0.key] != nil } }
        guard case .byTopic(let shares) = view.share, !freeSince.isEmpty else { return }
        for holding in holdings {
            let topic = holding.partition.topic
            guard let since = freeSince[holding.partition], now - since >= straysAfter else { continue }
            guard held.count(of: topic) > allowed(of: topic, share: shares[topic, default: 0], now) else { continue }
            strays[holding.partition] = now + leavesFor
        }
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
        mustReacquire || nextClaim(holding: held, now).map { now >= $0 } ?? false
    }

    /// When leases may be asked for next, where the heartbeat says that there is one.
    func nextClaim(holding held: HeldPartitions, _ now: Duration) -> Duration? {
        let isThere =
            switch view.share {
            case .whole(let share): held.count < share && view.claimable.total > 0
            case .byTopic(let shares): shares.contains { wanted(of: $0, share: $1, held, now) > 0 }
            }
        return isThere ? next : nil
    }

    /// How many more of the topic to ask for, where there are some: what the share lacks; where it lacks none, one that nobody takes.
    private func wanted(of topic: TopicName, share: Int, _ held: HeldPartitions, _ now: Duration) -> Int {
        let lacking = allowed(of: topic, share: share, now) - held.count(of: topic)
        if lacking > 0 { return claimable(of: topic, now) > 0 ? lacking : 0 }
        return !freeSince.isEmpty && hasStrays(of: topic, now) ? 1 : 0
    }

    /// - Returns: How many leases to ask for, beside what is ours already.
    mutating func begin(holding held: HeldPartitions, _ now: Duration, every interval: Duration) -> LeaseShare {
        mustReacquire = false
        next = now + interval
        switch view.share {
        case .whole(let share): return .whole(max(share - held.count, 0))
        case .byTopic(let shares):
            var limits: [TopicName: Int] = [:]
            for (topic, share) in shares {
                let lacking = allowed(of: topic, share: share, now) - held.count(of: topic)
                let most = lacking > 0 ? lacking : wanted(of: topic, share: share, held, now)
                if most > 0 { limits[topic] = most }
            }
            return .byTopic(limits)
        }
    }

    /// What is held beyond the share, and to be given back. A worker that is not known to live has no share, and keeps all.
    func surplus(of held: HeldPartitions, _ now: Duration) -> [Holding] {
        switch view.share {
        case .whole(let share): return share > 0 ? held.dropFirst(share).map(\.holding) : []
        case .byTopic(let shares):
            guard shares.contains(where: { held.count(of: $0) > allowed(of: $0, share: $1, now) }) else { return [] }
            var kept: [TopicName: Int] = [:]
            // What others do not take is kept, or it would lie free again.
            let holdings = held.holdings
            let sorted =
                strays.isEmpty
                ? holdings
                : holdings.filter { strays[$0.partition] != nil } + holdings.filter { strays[$0.partition] == nil }
            return sorted.filter { holding in
                let topic = holding.partition.topic
                guard let share = shares[topic] else { return false }
                kept[topic, default: 0] += 1
                return kept[topic, default: 0] > allowed(of: topic, share: share, now)
            }
        }
    }

    /// Whether nothing is to be asked for, given back or taken anew.
    func isSettled(holding held: HeldPartitions, _ now: Duration) -> Bool {
        !mustReadAnew && !isDue(holding: held, now) && surplus(of: held, now).isEmpty
    }
}
