import Dispatch
import Synchronization

/// Holds the thread of who passes until it is opened, once for each.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let count = Mutex(0)

    /// How many have come to it.
    var entered: Int { count.withLock { $0 } }

    func pass() {
        count.withLock { $0 += 1 }
        semaphore.wait()
    }

    func open() {
        semaphore.signal()
    }
}

/// Waits for a fact, giving way to other tasks.
func until(_ fact: () throws -> Bool) async rethrows {
    while try !fact() { await Task.yield() }
}
