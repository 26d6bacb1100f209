import Metrics
public import Postgres

/// Counts and times the transactions of a `Database`: give `observe` to it as its observer.
public struct DatabaseMetrics: Sendable {
    private let committed: Timer
    private let failed: Timer

    /// Looks its timers up in the backend of this moment: make it after `MetricsSystem` is bootstrapped.
    public init() {
        func timer(_ outcome: String) -> Timer {
            Timer(
                label: MetricLabel.databaseDuration,
                dimensions: [("outcome", outcome)],
                preferredDisplayUnit: .seconds
            )
        }
        committed = timer("committed")
        failed = timer("failed")
    }

    /// Takes one transaction down.
    public func observe(_ transaction: TransactionReport) {
        (transaction.isCommitted ? committed : failed).recordNanoseconds(transaction.duration.nanoseconds)
    }
}
