/// What a worker takes, gives back and loses.
extension WorkerProtocol {
    /// What is lost may still be ours under the new epoch (a replay).
    mutating func dropLost() {
        if claims.takeAnew() { held.dropAll() }
        for holding in held.holdings where claims.isLost(holding) { lose(holding.partition) }
    }

    /// The partition has a newer epoch.
    mutating func lose(_ partition: Partition) {
        claims.reacquire()
        note(.fenced(partition))
        held.drop(partition)
        forgetCaution(partition)
    }

    mutating func take(_ holdings: [Holding], _ takeovers: [Takeover], _ now: Duration) {
        let own = Set(takeovers.filter(\.isOwn).map(\.partition))
        for holding in holdings {
            // What another owner has left is told anew.
            if !own.contains(holding.partition) { forgetCaution(holding.partition) }
            note(.acquired(holding))
        }
        held.take(holdings, now)
        beCautious(takeovers, of: holdings)
    }

    mutating func release(_ holdings: [Holding]) -> WorkerAction {
        for holding in holdings {
            held.drop(holding.partition)
            cautions.giveBack(holding.partition)
            retryCautions.forget(holding.partition)
            note(.released(holding.partition))
        }
        awaiting = .released
        return .leases(.release(holdings))
    }

    mutating func releaseAll() -> WorkerAction {
        guard held.isEmpty else { return release(held.holdings) }
        awaiting = .stopped
        return .stop
    }
}
