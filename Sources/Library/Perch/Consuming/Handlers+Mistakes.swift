public import Postgres

extension EventHandler {
    /// Names the mistake where a handler's own `handle` is not of this form.
    @available(
        *,
        unavailable,
        message: """
            write it as `func handle(_ event: THE_EVENT, _ delivery: Delivery, in tx: borrowing Transaction) throws`: it is not \
            async, and tx is borrowed
            """
    )
    public func handle(_ event: HandledEvent, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        throw HandlerVerdict.reject("the handler has no `handle`")
    }
}

extension BatchHandler {
    /// Names the mistake where a batch handler's own `handle` is not of this form.
    @available(
        *,
        unavailable,
        message: """
            write it as `func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws`: it is not async, and tx is borrowed
            """
    )
    public func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        throw HandlerVerdict.reject("the handler has no `handle`")
    }
}

extension HandlerMiddleware {
    /// Names the mistake where a middleware's own `handle` is not of this form.
    @available(
        *,
        unavailable,
        message: """
            write it as `func handle(_ delivery: Delivery, in tx: borrowing Transaction, next: (borrowing Transaction) throws -> Void) \
            throws`: it is not async, and tx is borrowed
            """
    )
    public func handle(
        _ delivery: Delivery,
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        throw HandlerVerdict.reject("the middleware has no `handle`")
    }

    /// Names the mistake where a middleware has no `handle` for batches, or one of another form.
    @available(
        *,
        unavailable,
        message: """
            write it as `func handle(_ batch: [Delivery], in tx: borrowing Transaction, next: (borrowing Transaction) throws -> Void) \
            throws`: it is not async, and tx is borrowed; `try next(tx)` where batches are nothing to it
            """
    )
    public func handle(
        _ batch: [Delivery],
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        throw HandlerVerdict.reject("the middleware has no `handle` for batches")
    }
}
