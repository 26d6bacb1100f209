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
