import Postgres

extension Subscription {
    /// The same with a middleware around its handlers.
    func wrapped(in middleware: any HandlerMiddleware) -> Subscription {
        func wrap(_ handlers: [EventType: AnyEventHandler]) -> [EventType: AnyEventHandler] {
            handlers.mapValues { AnyEventHandler($0, in: middleware) }
        }
        func wrap(_ handler: any BatchHandler) -> any BatchHandler { WrappedBatchHandler(handler, in: middleware) }
        let wrapped: Processing =
            switch processing {
            case .each(let handlers): .each(wrap(handlers))
            case .batch(let handler): .batch(wrap(handler))
            case .either(let handlers, let handler, let few): .either(wrap(handlers), wrap(handler), few: few)
            }
        return processing(wrapped)
    }
}

/// A batch handler within a middleware.
private struct WrappedBatchHandler: BatchHandler {
    let inner: any BatchHandler
    let middleware: any HandlerMiddleware

    init(_ inner: any BatchHandler, in middleware: any HandlerMiddleware) {
        self.inner = inner
        self.middleware = middleware
    }

    var types: [EventType] { inner.types }

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        try middleware.handle(batch, in: tx) { (tx: borrowing Transaction) in try inner.handle(batch, in: tx) }
    }
}
