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
    func isDue(holding count: Int, _ now: Duration) -> Bool {
        mustReacquire || nextClaim(holding: count).map { now >= $0 } ?? false
    }

    /// When leases may be asked for next, where the heartbeat says that there is one.
    func nextClaim(holding count: Int) -> Duration? { count < view.share && view.claimable > 0 ? next : nil }

    /// - Returns: How many leases to ask for, beside what is ours already.
    mutating func begin(holding count: Int, _ now: Duration, every interval: Duration) -> Int {
        mustReacquire = false
        next = now + interval
        return max(view.share - count, 0)
    }

    /// How many to keep, where it is fewer than are held.
    func share(below count: Int) -> Int? { view.share > 0 && count > view.share ? view.share : nil }

    /// Whether nothing is to be asked for, given back or taken anew.
    func isSettled(holding count: Int, _ now: Duration) -> Bool {
        !mustReadAnew && !isDue(holding: count, now) && share(below: count) == nil
    }
}
