package import Executors
package import PerchProtocol
package import Postgres

/// The transaction of one round, or of one retry: handlers, then the fences, then COMMIT, all on the worker's thread.
package struct RoundTransaction: ~Copyable {
    private let transaction: Transaction
    private let group: ConsumerGroup
    private let stop: StopSignal?

    /// - Parameter stop: Looked at between two events, or batches; nil: all are handled.
    package init(
        _ transaction: consuming Transaction,
        group: ConsumerGroup,
        stop: StopSignal? = nil
    ) {
        self.transaction = transaction
        self.group = group
        self.stop = stop
    }

    // MARK: Handling

    /// Runs the handlers over all slices, or as many events as it comes to before the stop signal is raised, at least one.
    ///
    /// - Parameter deadlines: By `ProcessClock`. Of these topics no event is begun later than then, but where it would be the first of
    ///   the round; so they come before the topics that have none. A batch handler begins all its events by its call.
    /// - Returns: What becomes of the events if the round commits.
    /// - Throws: `RefusedRound`, or the connection's error.
    @discardableResult
    package func handle(
        _ slices: [DeliveredSlice],
        by deadlines: [TopicName: Duration] = [:]
    ) throws -> HandledSlices {
        var handled = HandledSlices()
        for slice in slices {
            guard let event = slice.firstWithProblem, let problem = event.problem else { continue }
            throw RefusedRound(.handler(reason: problem), HandlerVerdict.reject(problem), at: event)
        }
        for subscription in order(by: deadlines) {
            let events = slices.filter { $0.first?.topic == subscription.topic }
            guard !events.isEmpty else { continue }
            let count = events.reduce(0) { $0 + $1.count }
            let deadline = deadlines.isEmpty ? nil : deadlines[subscription.topic]
            if let deadline, !handled.reached.isEmpty, ProcessClock.now >= deadline {
                handled.isCutShort = true
                break
            }
            let passed =
                switch subscription.processing {
                case .each(let handlers): try handle(events, handlers, by: deadline, &handled)
                case .batch(let handler): try handle(events, handler, of: subscription.types, &handled)
                case .either(let handlers, let handler, let few):
                    count <= few
                        ? try handle(events, handlers, by: deadline, &handled)
                        : try handle(events, handler, of: subscription.types, &handled)
                }
            handled.tally.add(subscription.topic) {
                $0.ok += passed.handled
                $0.skipped += passed.count - passed.handled
            }
            let isOver = deadline.map { ProcessClock.now >= $0 } ?? false
            if stop?.isRaised == true || isOver {
                handled.isCutShort = true
                break
            }
        }
        return handled
    }

    /// Topics with a deadline first, by it: however slow the others are, they let none pass.
    private func order(by deadlines: [TopicName: Duration]) -> [Subscription] {
        guard !deadlines.isEmpty else { return group.subscriptions }
        let limited = group.subscriptions.indices.filter { deadlines[group.subscriptions[$0].topic] != nil }.sorted {
            (deadlines[group.subscriptions[$0].topic] ?? .zero, $0) < (
                deadlines[group.subscriptions[$1].topic] ?? .zero, $1
            )
        }
        return limited.map { group.subscriptions[$0] } + group.subscriptions.filter { deadlines[$0.topic] == nil }
    }

    private func handle(
        _ slices: [DeliveredSlice],
        _ handlers: [EventType: AnyEventHandler],
        by deadline: Duration?,
        _ handled: inout HandledSlices
    ) throws -> DeliveredSlice.Passed {
        var all = DeliveredSlice.Passed()
        for slice in slices {
            func handle(_ event: Delivery, _ handler: AnyEventHandler) throws {
                do {
                    try handler.handle(event, in: transaction)
                } catch {
                    throw try RefusedRound(error, at: event)
                }
            }
            // Two loops: a clock is read only where there is a limit.
            let passed =
                if let deadline {
                    try slice.forEach(
                        handlers,
                        until: { stop?.isRaised == true || ProcessClock.now >= deadline },
                        handle
                    )
                } else {
                    try slice.forEach(handlers, until: { stop?.isRaised == true }, handle)
                }
            all.handled += passed.handled
            all.count += passed.count
            handled.note(slice, endedAt: passed.endedAt)
            if passed.endedAt != nil { break }
        }
        return all
    }

    private func handle(
        _ slices: [DeliveredSlice],
        _ handler: any BatchHandler,
        of types: Set<EventType>,
        _ handled: inout HandledSlices
    ) throws -> DeliveredSlice.Passed {
        for slice in slices { handled.note(slice, endedAt: nil) }
        var wanted: [Delivery] = []
        wanted.reserveCapacity(slices.reduce(0) { $0 + $1.count })
        for slice in slices { slice.append(ofTypes: types, to: &wanted) }
        let passed = DeliveredSlice.Passed(handled: wanted.count, count: slices.reduce(0) { $0 + $1.count })
        guard !wanted.isEmpty else { return passed }
        do {
            try handler.handle(wanted, in: transaction)
        } catch {
            throw try RefusedRound(error, at: (error as? DeliveryError)?.delivery)
        }
        return passed
    }

    /// Runs the handler of one event in a savepoint.
    ///
    /// All its results are read before another event's statements are sent, or they would be blamed for its error.
    /// - Throws: `RefusedRound` where the transaction is to be run again, or the connection's error.
    package func attempt(_ event: Delivery, _ tally: inout RoundTally) throws -> AttemptOutcome {
        // Whatever its type: what it says cannot be known.
        if let problem = event.problem { return .failed(EventFailure(.rejected, FailureStore.shortened(problem))) }
        guard let subscription = group.subscriptions.first(where: { $0.topic == event.topic }),
            subscription.types.contains(event.type)
        else {
            tally.add(event.topic) { $0.skipped += 1 }
            return .skipped
        }
        try transaction.execute("SAVEPOINT perch_event")
        do {
            switch subscription.processing {
            case .each(let handlers), .either(let handlers, _, _):
                if let handler = handlers[event.type] { try handler.handle(event, in: transaction) }
            case .batch(let handler): try handler.handle([event], in: transaction)
            }
            // A handler that swallowed its statement's error is found out here: in a failed transaction RELEASE fails.
            try transaction.execute("RELEASE SAVEPOINT perch_event")
            try transaction.flush()
        } catch {
            let verdict = try RefusedRound.verdict(error)
            try undo()
            guard case .failed(let kind) = verdict.kind else {
                tally.add(event.topic) { $0.skipped += 1 }
                return .stands
            }
            return .failed(EventFailure(kind, FailureStore.shortened(verdict.reason)))
        }
        tally.add(event.topic) { $0.ok += 1 }
        return .stands
    }

    private func undo() throws {
        do {
            // What the handler has queued may fail too, and would take ROLLBACK TO with it.
            try transaction.flush()
        } catch  where !error.isConnectionDead {}
        try transaction.execute("ROLLBACK TO SAVEPOINT perch_event")
        try transaction.execute("RELEASE SAVEPOINT perch_event")
    }

    /// Takes a slot of each of these, until the transaction ends.
    func occupy(_ limits: [WorkLimit]) throws -> [LimitSlot] {
        do {
            return try LimitStore(group: group.name).occupy(limits, in: transaction)
        } catch {
            throw try RefusedRound(error, at: nil)
        }
    }

    // MARK: Failed events

    /// Queued; in the transaction that moves the checkpoint past them.
    package func park(_ events: [(event: Delivery, as: ParkedEvent)]) throws {
        try FailureStore(group: group.name).park(events, in: transaction)
    }

    func fetch(_ partition: Partition, keys: [String], limit: Int) throws -> (
        events: [(event: Delivery, as: ParkedEvent)], hasMore: Bool
    ) {
        let policy = group.subscriptions.first { $0.topic == partition.topic }?.retryPolicy ?? RetryPolicy()
        do {
            return try FailureStore(group: group.name).fetch(partition, keys, limit: limit, policy, in: transaction)
        } catch {
            throw try RefusedRound(error, at: nil)
        }
    }

    /// Queued.
    func settle(_ settlement: WorkerAction.Settlement) throws {
        try FailureStore(group: group.name).settle(settlement, in: transaction)
    }

    // MARK: Committing

    /// Queued behind the handlers' statements; that it does not hold is known at COMMIT.
    package func fence(_ fence: Fence) throws {
        try transaction.execute(
            """
            SELECT perch.advance_checkpoint(\(group.name), \(fence.partition.topic),
                \(fence.partition.number), \(fence.epoch), \(fence.from), \(fence.to.position), \(fence.to))
            """
        )
    }

    /// Queued, as `fence`, where no checkpoint is moved.
    func confirm(_ holding: Holding) throws {
        try transaction.execute(
            """
            SELECT perch.confirm_epoch(\(group.name), \(holding.partition.topic),
                \(holding.partition.number), \(holding.epoch))
            """
        )
    }

    /// - Throws: `RefusedRound` if it did not commit, for sure; else the connection's error, or `.commitUnclear`.
    package consuming func commit() throws {
        do {
            try transaction.commit()
        } catch {
            throw try RefusedRound(error, at: nil)
        }
    }

    /// Sends COMMIT and does not wait for it.
    consuming func submit() throws -> SubmittedTransaction {
        do {
            return try transaction.submit()
        } catch {
            throw try RefusedRound(error, at: nil)
        }
    }
}
