/// A transaction of a `Database` that has ended.
public struct TransactionReport: Sendable, Hashable {
    /// From when it had its connection; the time in line for one is not in it.
    public let duration: Duration
    /// False: rolled back, or it is not known.
    public let isCommitted: Bool
}
