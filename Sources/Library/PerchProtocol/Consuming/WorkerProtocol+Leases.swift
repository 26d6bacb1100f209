/// What a worker takes, gives back and loses.
extension WorkerProtocol {
    /// Whether there is a lease to ask for.
    func mayClaim(_ now: Duration) -> Bool { held.count < view.share && view.claimable > 0 && now >= nextClaim }

    /// A higher epoch in the table proves that its lease is gone.
    func isLost(_ holding: Holding) -> Bool { view.epochs[holding.partition, default: holding.epoch] > holding.epoch }

    /// What is lost may still be ours under the new epoch (a replay).
    mutating func dropLost() {
        if mustReadAnew {
            mustReadAnew = false
            mustReacquire = true
            held.removeAll()
        }
        let lost = held.map(\.holding).filter(isLost)
        for holding in lost {
            note(.fenced(holding.partition))
            drop(holding.partition)
            forgetCaution(holding.partition)
            mustReacquire = true
        }
    }

    mutating func take(_ holdings: [Holding], _ takeovers: [Takeover], _ now: Duration) {
        let own = Set(takeovers.filter(\.isOwn).map(\.partition))
        for holding in holdings {
            // What another owner has left is told anew.
            if !own.contains(holding.partition) { forgetCaution(holding.partition) }
            note(.acquired(holding))
            held.append(Held(holding: holding, verifiedAt: now, sweptAt: now))
        }
        held.sort { $0.holding.partition < $1.holding.partition }
        beCautious(takeovers, of: holdings)
        known.formUnion(holdings.map(\.partition))
    }

    mutating func release(_ holdings: [Holding]) -> WorkerAction {
        for holding in holdings {
            drop(holding.partition)
            forgetCaution(holding.partition)
            known.remove(holding.partition)
            note(.released(holding.partition))
        }
        awaiting = .released
        return .release(holdings)
    }

    mutating func releaseAll() -> WorkerAction {
        guard held.isEmpty else { return release(held.map(\.holding)) }
        awaiting = .stopped
        return .stop
    }
}
