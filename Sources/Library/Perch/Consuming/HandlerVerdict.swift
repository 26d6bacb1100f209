/// What a handler can say of its event instead of failing: thrown, as it is or by an error that converts to it.
///
///     throw HandlerVerdict.reject("the order was cancelled by fax")
///
/// What the handler wrote before is undone in any case. For one event of a batch, throw it in a `DeliveryError`.
public struct HandlerVerdict: VerdictConvertible, Hashable, CustomStringConvertible {
    enum Kind: Hashable {
        case skip
        case failed(EventFailure.Kind)
    }

    let kind: Kind
    /// Why; it is kept with the event, and shown to operators.
    public let reason: String

    /// Try the event again after `delay` instead of the subscription's backoff. It counts as an attempt.
    public static func retry(after delay: Duration, _ reason: String) -> HandlerVerdict {
        HandlerVerdict(kind: .failed(.retry(after: delay)), reason: reason)
    }

    /// The event needs something that has not come yet, and will: it waits as long as that takes, and never becomes a dead letter.
    ///
    /// No attempt is counted. Later events of its key are held behind it, all others go on.
    /// - Parameter delay: Until it is tried again. Default nil: soon at first, later every few seconds.
    public static func wait(_ reason: String, retryAfter delay: Duration? = nil) -> HandlerVerdict {
        HandlerVerdict(kind: .failed(.waits(delay)), reason: reason)
    }

    /// Trying again does not help: it is a dead letter at once.
    public static func reject(_ reason: String) -> HandlerVerdict {
        HandlerVerdict(kind: .failed(.rejected), reason: reason)
    }

    /// Skip the event: it counts as handled, and what the handler wrote for it is undone.
    ///
    /// Use it only where the handler has written something. Throwing it undoes the whole round, whose events, up to 500, are then handled
    /// again one by one. Where nothing was written, `return` does the same and costs nothing.
    public static func skip(_ reason: String) -> HandlerVerdict { HandlerVerdict(kind: .skip, reason: reason) }

    /// Itself.
    public var verdict: HandlerVerdict { self }

    /// The reason.
    public var description: String { reason }
}

extension UndecodableEvent: VerdictConvertible {
    /// A dead letter.
    public var verdict: HandlerVerdict { .reject(description) }
}

extension HandlerVerdict {
    /// What a handler's error says of its event. What the connection has to do with is not asked here.
    init(_ error: any Error) {
        switch error {
        case let error as DeliveryError: self.init(error.underlying)
        case let error as any VerdictConvertible: self = error.verdict
        default: self.init(kind: .failed(.failed), reason: String(describing: error))
        }
    }
}
