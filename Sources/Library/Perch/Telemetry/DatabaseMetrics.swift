import Metrics
public import Postgres

/// Counts and times the transactions of a `Database`: give `observe` to it as its observer.
public struct DatabaseMetrics: Sendable {
    private let committed: Timer
    private let failed: Timer

    /// Takes its timers from the backend that is set now: make it after `MetricsSystem.bootstrap`.
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
