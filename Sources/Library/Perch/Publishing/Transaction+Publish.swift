public import FoundationEssentials
public import Postgres

extension Transaction {
    /// Publishes an event with this transaction: it is in the outbox if and only if the transaction commits.
    ///
    /// The insert is pipelined and costs no round trip; an error surfaces at the next query or at commit.
    /// Lock the row of what the event is about before you publish: the order in which a key's rows are inserted is the
    /// order of its events, in every consumer.
    ///
    /// - Parameters:
    ///   - event: Goes to its type's topic, into the partition of its key.
    ///   - id: The event's id; it never changes. Derive it from the cause where a retry of yours must not publish twice.
    ///   - time: When it happened. Kept to the millisecond.
    ///   - traceparent: The W3C trace context that the consumers' spans continue or link to. Default: the current one, by the
    ///     program's instrument.
    /// - Throws: `UndeclaredEvent` where the connection has a contract
    ///   (`Database.init(_:contract:size:acquireTimeout:longestLine:observer:)`; a pool's workers have theirs) and the event is not as the
    ///   contract says. Without a contract nothing is checked here, and the relay refuses what is not as declared. `EncodingError` for what
    ///   has no form in JSON. `PostgresError`.
    public func publish(
        _ event: some Event,
        id: UUID = .v7(),
        time: Timestamp = .now,
        traceparent: String? = nil
    ) throws {
        let event = try EncodedEvent(event, by: publishingChecks)
        let (topic, key) = (event.topic.rawValue, event.key)
        let crc = Int64(CRC32.checksum(key))
        let data = JSONBytes(bytes: event.data)
        let trace = traceparent ?? TraceCarrier.current
        try execute(
            """
            INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, traceparent, data, is_checked)
            VALUES (\(topic), (\(crc) % (SELECT partitions FROM perch.topics WHERE topic = \(topic)))::int,
                \(id), \(event.type.rawValue), \(event.version), \(key), \(time), \(trace),
                \(data), \(event.isChecked))
            """
        )
        OutboxSignal.raise(afterCommitOf: self)
    }

    /// Publishes many events of one type in one statement, in this order. Each gets an id and a time of its own.
    ///
    /// - Throws: As `publish` of one event. Where one of them is refused, none is published.
    public func publish<E: Event>(_ events: [E], traceparent: String? = nil) throws {
        try publish(events.map { Publication($0, traceparent: traceparent) })
    }
}
