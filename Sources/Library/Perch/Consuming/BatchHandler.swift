public import Postgres

/// Handles all events of a topic that one round delivered, at once, for set-based SQL.
///
/// As `EventHandler`. Workers hold many keys in one transaction here: lock the rows that keys share (an account) in one
/// order in all workers, best by gathering the changes and applying them sorted at the end, or they deadlock.
public protocol BatchHandler: Sendable {
    /// The types it wants; events of other types are skipped and counted.
    var types: [EventType] { get }
    /// - Parameter batch: In order within each partition; never empty.
    /// - Throws: Anything: then it is called again with one event at a time, each undone by itself if it fails. A
    ///   `HandlerVerdict` of one event comes in a `DeliveryError`, as any error may.
    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws
}
