import Synchronization

/// A lag that stands until the test changes it.
final class StandingLag: Sendable {
    private let state = Mutex(Duration.zero)

    var age: Duration {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
