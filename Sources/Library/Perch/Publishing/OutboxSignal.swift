import Executors
package import Postgres

/// Wakes the relays of this process when a transaction that published has committed, so that they need not wait for the
/// next poll; and when they are to stop. A signal that nobody waits for, or that comes twice, does no harm.
package enum OutboxSignal {
    static let shared = ThreadSignal()

    package static func raise(afterCommitOf transaction: borrowing Transaction) {
        transaction.afterCommit { shared.raise() }
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
