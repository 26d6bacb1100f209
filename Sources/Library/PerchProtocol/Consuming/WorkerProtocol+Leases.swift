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
        claims.drop(partition)
        forgetCaution(partition)
    }

    /// What another worker may reach. Whoever is alone keeps it.
    func away(_ now: Duration) -> [Holding] {
        guard claims.hasOthers else { return [] }
        return held.filter { $0.isAway(for: settings.leavesAway, now) }.map(\.holding)
    }

    /// Gives them back, and leaves them to others for a while: a node that nobody reaches has each worker hold the lease for
    /// as long in turn, which does no harm.
    mutating func leave(_ holdings: [Holding], _ now: Duration) -> WorkerAction {
        for holding in holdings {
            let since = held[holding.partition]?.awaySince ?? now
            note(.leftToOthers(holding.partition, awayFor: now - since))
            claims.leave(holding.partition, now)
        }
        return release(holdings)
    }

    mutating func take(_ holdings: [Holding], _ takeovers: [Takeover], _ now: Duration) {
        let own = Set(takeovers.filter(\.isOwn).map(\.partition))
        for holding in holdings {
            // What another owner has left is told anew.
            if !own.contains(holding.partition) { forgetCaution(holding.partition) }
            note(.acquired(holding))
        }
        held.take(holdings, now)
        claims.hasTaken(holdings, held, now)
        beCautious(takeovers, of: holdings)
    }

    mutating func release(_ holdings: [Holding]) -> WorkerAction {
        for holding in holdings {
            held.drop(holding.partition)
            claims.drop(holding.partition)
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
