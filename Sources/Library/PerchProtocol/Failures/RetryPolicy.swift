/// How the failed events of a subscription are tried again: exponential backoff with full jitter, then a dead letter.
public struct RetryPolicy: Sendable, Hashable {
    /// How often an event is tried before it is a dead letter, the first time included. At 1 and below, the first failure makes it
    /// one; there is no number for "forever". The more, the longer its key waits behind it. An event that waits for a fact
    /// (`HandlerVerdict.wait`) uses none up. Default 12, which with the other defaults takes two hours on average, four at the most.
    public var attempts = 12
    /// The upper bound of the delay after the first failure. Zero and below: every try comes at once, so that a server which fails is
    /// asked without a pause. Above `cap` it is `cap`. Default 1 s.
    public var firstDelay = Duration.seconds(1)
    /// By how much each further failure multiplies the bound. 1 and below: the bound stays as it is. Default 3.
    public var factor = 3.0
    /// The upper bound of every delay: after it, what was mended elsewhere is found at the latest. Zero and below: every try comes at
    /// once. Default 1 h.
    public var cap = Duration.seconds(3600)
    /// Whether the later events of a dead letter's key wait until an operator retries or discards it. Default true: the order
    /// of the key is kept. False: they go on without it.
    public var deadLettersHoldTheirKey = true

    /// All defaults.
    public init() {}

    /// Uniform between 0 and the bound: those that failed together come again far apart.
    ///
    /// - Parameter attempt: How often it has failed, from 1.
    package func delay(after attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let limit = max(0, cap.seconds)
        var bound = max(0, min(firstDelay.seconds, limit))
        for _ in 1..<max(1, min(attempt, 64)) where bound < limit { bound = min(limit, bound * max(1, factor)) }
        return .seconds(bound * Double.random(in: 0...1, using: &generator))
    }

    /// Waiting for a fact counts no attempt and never ends; it is looked for at this pace.
    package static let waiting = Backoff(first: .milliseconds(200), cap: .seconds(5), floor: .milliseconds(50))
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
