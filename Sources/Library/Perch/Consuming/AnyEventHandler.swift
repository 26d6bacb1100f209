import Postgres

/// An `EventHandler` whose event type is decoded behind it. A class: it is lent for each event, as one reference.
final class AnyEventHandler: Sendable {
    let type: EventType
    private let body: @Sendable (Delivery, borrowing Transaction) throws -> Void

    init<Handler: EventHandler>(erasing handler: Handler) {
        type = Handler.HandledEvent.type
        body = { delivery, tx in try handler.handle(try delivery.decode(), delivery, in: tx) }
    }

    /// The same within a middleware.
    init(_ inner: AnyEventHandler, in middleware: any HandlerMiddleware) {
        type = inner.type
        body = { delivery, tx in
            try middleware.handle(delivery, in: tx) { (tx: borrowing Transaction) in
                try inner.handle(delivery, in: tx)
            }
        }
    }

    func handle(_ delivery: Delivery, in tx: borrowing Transaction) throws { try body(delivery, tx) }
}
