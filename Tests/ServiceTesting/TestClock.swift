public import Postgres
import Synchronization

/// A clock that stands until the test moves it.
public final class TestClock: Sendable {
    private let state: Mutex<(time: Timestamp, instant: ContinuousClock.Instant)>

    /// - Parameter start: In whole seconds, so that tests can tell the second in which something ends.
    public init(_ start: String = "2026-11-22T18:30:00.000Z") {
        guard let time = Timestamp(start) else { preconditionFailure("not a time: \(start)") }
        state = Mutex((time, .now))
    }

    /// The time of day.
    public var now: Timestamp { state.withLock(\.time) }
    /// The same as a clock that nobody sets.
    public var instant: ContinuousClock.Instant { state.withLock(\.instant) }

    /// Lets time pass, or goes back.
    public func advance(by duration: Duration) {
        state.withLock { state in
            state.time = state.time + duration
            state.instant = state.instant.advanced(by: duration)
        }
    }
}
