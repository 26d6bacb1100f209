package import PerchProtocol

/// Hands events to their handlers, within the transaction that is open in the group's tables.
package protocol EventDispatch {
    associatedtype Tables: GroupTables

    /// All of these, or as many as it comes to before the program is to stop, at least one.
    ///
    /// - Parameter deadlines: Of topics whose events are not begun later than then. One of each round is.
    /// - Throws: `RefusedRound`, or the server's failure.
    func handle(_ slices: [DeliveredSlice], in tables: Tables, by deadlines: [TopicName: Duration]) throws
        -> HandledSlices

    /// One event in a savepoint.
    ///
    /// - Throws: `RefusedRound` where the transaction is to be run again, or the server's failure.
    func attempt(_ event: Delivery, in tables: Tables, _ tally: inout RoundTally) throws -> AttemptOutcome
}

/// To the handlers of the group's subscriptions, which get the transaction itself.
struct HandlerDispatch: EventDispatch {
    func handle(
        _ slices: [DeliveredSlice],
        in tables: SQLGroupTables,
        by deadlines: [TopicName: Duration]
    ) throws -> HandledSlices {
        try tables.withRound { try $0.handle(slices, by: deadlines) }
    }

    func attempt(_ event: Delivery, in tables: SQLGroupTables, _ tally: inout RoundTally) throws -> AttemptOutcome {
        try tables.withRound { try $0.attempt(event, &tally) }
    }
}
