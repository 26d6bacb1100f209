import Synchronization
import Times

/// A clock that stands until the test moves it.
final class StandingTime: Sendable {
    private let state = Mutex((time: Timestamp(milliseconds: 1_800_000_000_000), instant: ContinuousClock.now))

    var time: Timestamp { state.withLock(\.time) }
    var instant: ContinuousClock.Instant { state.withLock(\.instant) }
    /// Since 1970.
    var seconds: Int { Int(time.milliseconds / 1000) }

    func advance(by duration: Duration) {
        state.withLock { $0 = ($0.time + duration, $0.instant.advanced(by: duration)) }
    }
}
