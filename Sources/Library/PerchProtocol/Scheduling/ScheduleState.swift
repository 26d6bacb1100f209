/// What is noted of a schedule. Instants are microseconds since 1970.
package struct ScheduleState: Hashable, Sendable {
    /// The first tick that is not done; nil: there is none any more.
    package var nextTick: Int64?
    /// That tick was tried, or is done in part: it is run before any other, however late.
    package var isBegun: Bool
    /// An operator has paused it.
    package var isPaused: Bool
    /// When an operator asked for a run beside the ticks.
    package var requestedAt: Int64?
    /// Not before this, since it failed.
    package var retryAt: Int64?

    package init(
        nextTick: Int64?,
        isBegun: Bool = false,
        isPaused: Bool = false,
        requestedAt: Int64? = nil,
        retryAt: Int64? = nil
    ) {
        self.nextTick = nextTick
        self.isBegun = isBegun
        self.isPaused = isPaused
        self.requestedAt = requestedAt
        self.retryAt = retryAt
    }

    /// After the tick is done: the next one is at hand.
    package mutating func finish(_ tick: Int64, of ticks: some TickSource) {
        nextTick = ticks.next(after: tick)
        isBegun = false
        retryAt = nil
    }

    /// After the tick was tried in vain, or is done in part.
    package mutating func begin(_ tick: Int64) {
        nextTick = tick
        isBegun = true
    }
}
