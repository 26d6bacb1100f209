public import Postgres

/// Handles the events of one type, one at a time.
///
/// It runs on the worker's own thread inside the worker's transaction, which also moves the checkpoint: what it writes
/// takes effect exactly once as long as it is idempotent by `delivery.id` against replays (a unique key and
/// `ON CONFLICT DO NOTHING`, and nothing published the second time). Every other effect, such as a call to another
/// system, can happen again.
///
/// While there is much to do, rounds overlap: it may be called before the COMMIT of the round before is answered, and again
/// where that one is refused. Through `tx` it sees all that earlier events have done; through another connection perhaps
/// not yet, and a row that an earlier event has locked may still be locked there.
///
/// `handle` is not `async`, and borrows its transaction: it has the thread to itself, and what it awaits would hold up all others.
///
/// An error it throws undoes the event and no other. It is tried again with backoff, by the subscription's `RetryPolicy`;
/// later events of its key wait behind it, all others go on. `HandlerVerdict` says more: wait, retry then, reject, skip.
public protocol EventHandler<HandledEvent>: Sendable {
    associatedtype HandledEvent: Event = NoEvent
    func handle(_ event: HandledEvent, _ delivery: Delivery, in tx: borrowing Transaction) throws
}
