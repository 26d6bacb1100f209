/// Exponential backoff with full jitter: the n-th delay is uniform in 0…min(cap, first · 2ⁿ⁻¹), never below a floor.
///
/// Full jitter spreads those that failed together the furthest apart; the floor keeps a lucky draw from a hot loop.
public struct Backoff: Sendable, Hashable {
    /// The upper bound of the first delay.
    public var first: Duration
    /// The upper bound of every delay.
    public var cap: Duration
    /// The lower bound of every delay.
    public var floor: Duration

    /// - Parameter floor: Default 5 ms. It holds against a smaller `cap` too.
    public init(first: Duration, cap: Duration, floor: Duration = .milliseconds(5)) {
        self.first = first
        self.cap = cap
        self.floor = floor
    }

    /// The delay before attempt `attempt + 1`, after `attempt` failures (1 after the first).
    public func delay(after attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(max(attempt - 1, 0), 20)
        let bound = min(cap, first * (1 << doublings))
        return max(floor, bound * Double.random(in: 0...1, using: &generator))
    }
}
