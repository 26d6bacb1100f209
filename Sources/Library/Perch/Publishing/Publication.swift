public import FoundationEssentials
public import Postgres

/// An event to be published together with others, and what its envelope says.
public struct Publication<E: Event>: Sendable {
    /// The event's type decides the topic, and its key the partition.
    public let event: E
    /// The event's id. It never changes.
    public let id: UUID
    /// When it happened. Kept to the millisecond.
    public let time: Timestamp
    /// The W3C trace context that the consumers' spans continue or link to; nil: that of the code that publishes, if any.
    public let traceparent: String?

    /// Defaults: a new UUIDv7, now, the trace context of the code that publishes.
    public init(_ event: E, id: UUID = .v7(), time: Timestamp = .now, traceparent: String? = nil) {
        self.event = event
        self.id = id
        self.time = time
        self.traceparent = traceparent
    }
}

extension Transaction {
    /// Publishes many events of one type in one statement, in this order, each with its own id, time and trace context.
    ///
    /// Otherwise as `publish(_:)` of one event.
    /// - Throws: As `publish` of one event. Where one of them is refused, none is published.
    public func publish<E: Event>(_ publications: [Publication<E>]) throws {
        guard !publications.isEmpty else { return }
        let topic = E.topic.rawValue
        // Looked up once, and only if somebody needs it.
        let current = publications.contains { $0.traceparent == nil } ? TraceCarrier.current : nil
        var columns = OutboxColumns(capacity: publications.count, checks: publishingChecks)
        for publication in publications {
            try columns.append(
                publication.event,
                id: publication.id,
                time: publication.time,
                traceparent: publication.traceparent ?? current
            )
        }
        try execute(
            """
            INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, traceparent, data, is_checked)
            SELECT \(topic), (e.crc % t.partitions)::int, e.id, \(E.type), e.version, e.key, e.time,
                e.traceparent, e.data, \(columns.areChecked)
            FROM unnest(
                \(columns.checksums), \(columns.ids), \(columns.versions), \(columns.keys), \(columns.times),
                \(columns.traceparents), \(columns.data)
            ) WITH ORDINALITY AS e (crc, id, version, key, time, traceparent, data, place)
            LEFT JOIN perch.topics t ON t.topic = \(topic)
            ORDER BY e.place
            """
        )
        OutboxSignal.raise(afterCommitOf: self)
    }
}
