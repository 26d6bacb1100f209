/// When delayed events that are due are moved into the outbox: with the next positions that are given, once a look has found
/// some.
struct DueMoves: Sendable {
    /// The last look has found some.
    private var areFound = false
    /// The request that is on its way moves some.
    private var isMoving = false
    private var pausedUntil = Duration.zero
    private var failures = 0

    func mayMove(_ now: Duration) -> Bool { areFound && pausedUntil <= now }

    /// - Returns: Whether the next request is to move some.
    mutating func beginMoving(_ now: Duration) -> Bool {
        isMoving = mayMove(now)
        return isMoving
    }

    mutating func foundNone() {
        areFound = false
        failures = 0
    }

    /// Those that were not moved though they were to be are being cancelled, or moved by another relay: a look later they are not.
    mutating func foundSome(hasMoved: Bool, lookingAgainIn pause: Duration, _ now: Duration) {
        areFound = true
        guard isMoving else { return }
        failures = 0
        if !hasMoved { pausedUntil = now + pause }
    }

    /// - Returns: When it is tried again.
    mutating func failed(_ backoff: Backoff, using random: inout SplitMix64, _ now: Duration) -> Duration {
        areFound = true
        failures += 1
        let delay = backoff.delay(after: failures, using: &random)
        pausedUntil = now + delay
        return delay
    }

    /// What became of the request at hand is unknown; the next look tells what is due.
    mutating func forget() { areFound = false }
}
