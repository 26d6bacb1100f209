import Foundation
import Postgres

/// Wakes the relays of this process when a transaction that published has committed, so that they need not wait for the
/// next poll. A signal that nobody waits for, or that comes twice, does no harm.
final class OutboxSignal: @unchecked Sendable {
    // @unchecked: `raised` is only touched while `condition` is locked; the compiler cannot see that.
    static let shared = OutboxSignal()

    private let condition = NSCondition()
    private var raised: UInt64 = 0

    func raise(afterCommitOf transaction: borrowing Transaction) {
        transaction.afterCommit { self.raise() }
    }

    var current: UInt64 { condition.withLock { raised } }

    func raise() {
        condition.lock()
        raised &+= 1
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks this thread until a signal later than `seen` was raised or the time is over; returns the latest one seen.
    func wait(after seen: UInt64, atMost timeout: Duration) -> UInt64 {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: timeout.seconds)
        while raised == seen, condition.wait(until: deadline) {}
        return raised
    }
}

extension Duration {
    /// As seconds, for interfaces that take a floating-point interval.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
