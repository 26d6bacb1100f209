public import Postgres

/// What stands around every handler of a group: to log, to time, to set what the transaction's statements need.
///
///     struct TenantSetting: HandlerMiddleware {
///         func handle(
///             _ delivery: Delivery, in tx: borrowing Transaction, next: (borrowing Transaction) throws -> Void
///         ) throws {
///             try tx.execute("SELECT set_config('app.tenant', \(delivery.subject), true)")
///             try next(tx)
///         }
///     }
///
/// It runs where the handler runs: on the worker's thread, in the round's transaction. What it writes commits or is undone with what the
/// handler writes. Its errors are its handler's: the event fails, or whatever its `HandlerVerdict` says. It sees what `next` throws, the
/// `UndecodableEvent` of data that cannot be read included, and lets it through, or throws something else.
///
/// It calls `next` once. Where it does not, the handler does not run, and the event counts as handled. The transaction is the round's, not
/// the event's: a setting stays for the events that follow, so it is made for each. Events of types without a handler do not come by.
///
/// What is given to `ConsumerGroup` stands around all its handlers, the first outermost. A group that has none spends nothing.
public protocol HandlerMiddleware: Sendable {
    /// Stands around an `EventHandler`.
    ///
    /// - Parameter next: The next middleware, in the end the handler.
    /// - Throws: As an `EventHandler`.
    func handle(
        _ delivery: Delivery,
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws

    /// Stands around a `BatchHandler`, which handles all of these at once.
    ///
    /// - Parameters:
    ///   - batch: Never empty. One event where the batch is gone through event by event.
    ///   - next: The next middleware, in the end the handler.
    /// - Throws: As a `BatchHandler`.
    func handle(
        _ batch: [Delivery],
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws
}
