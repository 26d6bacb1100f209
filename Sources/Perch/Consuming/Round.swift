package import PerchProtocol
package import Postgres
package import Tracing

/// The transaction of one round: handlers, then the fences, then COMMIT, all on the worker's thread.
package struct Round: ~Copyable {
    private let transaction: Transaction
    private let group: ConsumerGroup
    private let tracing: ConsumerTracing?

    /// - Parameter tracer: Makes a span for each event, or batch, that is handled; nil: none are wanted.
    package init(_ transaction: consuming Transaction, group: ConsumerGroup, tracer: (any Tracer)? = nil) {
        self.transaction = transaction
        self.group = group
        self.tracing = tracer.map { ConsumerTracing(tracer: $0, group: group.name) }
    }

    /// Runs the handlers over all slices.
    ///
    /// - Returns: What becomes of the events if the round commits.
    /// - Throws: `RefusedRound`, or the connection's error.
    @discardableResult
    package func handle(_ slices: [ArraySlice<Delivery>]) throws -> RoundTally {
        var tally = RoundTally()
        for subscription in group.subscriptions {
            let events = slices.filter { $0.first?.topic == subscription.topic }
            guard !events.isEmpty else { continue }
            let known = subscription.types
            let wanted = events.joined().filter { known.contains($0.type) }
            var counts = RoundTally.OfTopic(topic: subscription.topic)
            counts.skipped = events.reduce(0) { $0 + $1.count } - wanted.count
            if !wanted.isEmpty {
                counts.dead =
                    switch subscription.processing {
                    case .each(let handlers): try handle(wanted, each: handlers)
                    case .batch(let handler): try handle(wanted, batch: handler)
                    }
                counts.ok = wanted.count - counts.dead
            }
            tally.topics.append(counts)
        }
        return tally
    }

    /// - Returns: How many are dead letters now.
    private func handle(_ events: [Delivery], each handlers: [EventType: AnyEventHandler]) throws -> Int {
        var dead = 0
        for event in events {
            guard let handler = handlers[event.type] else { continue }
            do {
                if let tracing {
                    try tracing.withSpan(of: event) { try handler.handle(event, in: transaction) }
                } else {
                    try handler.handle(event, in: transaction)
                }
            } catch let error as UndecodableEvent {
                try bury(event, error)
                dead += 1
            } catch {
                throw try Self.refusal(error, at: event)
            }
        }
        return dead
    }

    /// A batch whose event cannot be decoded is handled without it, and the event is a dead letter. The handler decodes
    /// before it writes, or what it wrote for the first try is refused by its own unique keys.
    ///
    /// - Returns: How many are dead letters now.
    private func handle(_ batch: [Delivery], batch handler: any BatchHandler) throws -> Int {
        var events = batch
        while !events.isEmpty {
            do {
                if let tracing {
                    try tracing.withSpan(of: events) { try handler.handle(events, in: transaction) }
                } else {
                    try handler.handle(events, in: transaction)
                }
                break
            } catch let error as DeliveryError {
                guard let cause = error.underlying as? UndecodableEvent else {
                    throw try Self.refusal(error.underlying, at: error.delivery)
                }
                try bury(error.delivery, cause)
                events.removeAll { $0 == error.delivery }
            } catch {
                throw try Self.refusal(error, at: nil)
            }
        }
        return batch.count - events.count
    }

    /// Keeps what cannot be decoded, with its bytes and the reason, in the transaction that moves the checkpoint past it.
    private func bury(_ event: Delivery, _ error: UndecodableEvent) throws {
        try transaction.execute(
            """
            INSERT INTO perch.failed_events
                (topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error)
            VALUES (\(event.topic.rawValue), \(Int32(event.partition.number.rawValue)), \(event.entryID.position),
                \(event.entryID.description), \(event.id), \(event.type.rawValue), \(Int32(clamping: event.version)),
                \(event.subject), \(event.time), \(event.envelope.data), 'dead', \(String(describing: error)))
            ON CONFLICT (topic, partition, position) DO NOTHING
            """
        )
    }

    /// Queued behind the handlers' statements; that it does not hold is known at COMMIT.
    package func fence(_ fence: Fence) throws {
        try transaction.execute(
            """
            SELECT perch.advance_checkpoint(\(fence.partition.topic.rawValue), \(Int32(fence.partition.number.rawValue)),
                \(fence.epoch.rawValue), \(fence.from), \(fence.to.position), \(fence.to.description))
            """
        )
    }

    /// - Throws: `RefusedRound` if it did not commit, for sure; else the connection's error, or `.commitUnclear`.
    package consuming func commit() throws {
        do {
            try transaction.commit()
        } catch {
            throw try Self.refusal(error, at: nil)
        }
    }

    /// What an error means for the round. Losses of a connection, and a COMMIT of unclear outcome, are thrown on.
    private static func refusal(_ error: any Error, at event: Delivery?) throws -> RefusedRound {
        func refused(_ refusal: WorkerInput.Refusal) -> RefusedRound { RefusedRound(refusal: refusal, cause: error) }
        guard let failure = error as? PostgresError, let state = failure.sqlState else {
            if let failure = error as? PostgresError, failure.isConnectionDead || failure.code != .decoding {
                throw failure
            }
            return refused(.handler(event?.partition, event?.entryID.position))
        }
        if failure.isConnectionDead { throw failure }
        switch state {
        case .checkpointMoved: return refused(.fenced(failure.detail.flatMap { Partition(parsing: $0) }))
        case .serializationFailure, .deadlockDetected, .lockNotAvailable: return refused(.conflict)
        default: break
        }
        if failure.isRetriable { throw failure }
        // The statement was pipelined: it may belong to any event before.
        return refused(.handler(nil, nil))
    }
}

/// The round's transaction did not commit, for sure.
package struct RefusedRound: Error {
    package let refusal: WorkerInput.Refusal
    package let cause: any Error
}

extension SQLState {
    /// Raised by `perch.advance_checkpoint`.
    static let checkpointMoved = SQLState(rawValue: "PF001")
}

extension Partition {
    /// Reads `TOPIC:NUMBER`.
    init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"), let number = Int(text[text.index(after: colon)...]) else {
            return nil
        }
        self.init(TopicName(rawValue: String(text[..<colon])), PartitionNumber(rawValue: number))
    }
}
