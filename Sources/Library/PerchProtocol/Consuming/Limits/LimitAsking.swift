/// What a worker asks of a limit, before it begins events.
package struct LimitQuestion: Hashable, Sendable {
    package let limit: WorkLimit
    /// How many events it would begin; 0 where the limit has no rate.
    package let wanted: Int
    /// Events that it was allowed before and did not begin: given back.
    package let unused: Int

    package init(limit: WorkLimit, wanted: Int, unused: Int = 0) {
        self.limit = limit
        self.wanted = wanted
        self.unused = unused
    }
}

/// What a limit allows a worker.
package struct LimitAnswer: Hashable, Sendable {
    /// How many events it may begin, no more than it wants. It has to begin them within `WorkerProtocol.Settings.allowance`.
    package let allowed: Int
    /// When more may be allowed, where it is none.
    package let wait: Duration
    /// Whether a slot is free at this moment; true where the limit has none.
    package let hasFreeSlot: Bool

    package init(allowed: Int, wait: Duration, hasFreeSlot: Bool) {
        self.allowed = allowed
        self.wait = wait
        self.hasFreeSlot = hasFreeSlot
    }
}

/// What became of a slot that was asked for in a transaction.
package enum LimitSlot: Hashable, Sendable {
    /// It is the transaction's until it ends, however that is. Contested: others wait for one.
    case taken(isContested: Bool)
    /// All are taken.
    case none
}
