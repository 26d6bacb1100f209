public import FoundationEssentials
public import Postgres

extension Transaction {
    /// Publishes an event at a later time, if this transaction commits. It gets its position when it is due. Until then it waits in
    /// `perch.delayed_events`, and nobody sees it.
    ///
    /// When it is due a relay moves it into the outbox. From then on it is an event as any other: behind what its key has
    /// published by then, before what its key publishes later. Events of a key that wait are moved in the order in which they
    /// are due, and those of the same time in the order in which they were asked for. It is never early, by the clock of
    /// Postgres; with relay and Redis up it is well below a second late. A relay that was away moves what has become due since.
    ///
    /// It is checked now, as `publish(_:id:time:traceparent:)` checks it, and not again when it is due. The insert is pipelined
    /// and costs no round trip; an error surfaces at the next query or at commit.
    ///
    /// - Parameters:
    ///   - event: Goes to its type's topic, into the partition that its key has when it is due.
    ///   - due: Its `time` will be this. Where it is not later than the clock of Postgres, the event is published now, with the
    ///     present time. Before the year 10000; there is no other bound.
    ///   - id: The event's id; it never changes. If an event with this id already waits, it stays as it is and this one is dropped: derive
    ///     the id from the cause where a retry of yours must not publish twice.
    ///   - traceparent: As of `publish(_:id:time:traceparent:)`: that of the code that asks for it.
    /// - Returns: The event's id, for `cancelDelayed`.
    /// - Throws: `UndeclaredEvent`, `EncodingError`, `PostgresError` as `publish(_:id:time:traceparent:)`.
    @discardableResult
    public func publish(
        _ event: some Event,
        notBefore due: Timestamp,
        id: UUID = .v7(),
        traceparent: String? = nil
    ) throws -> UUID {
        let event = try EncodedEvent(event, by: publishingChecks)
        let trace = traceparent ?? TraceCarrier.current
        try execute(
            """
            WITH event AS MATERIALIZED (
                SELECT \(event.topic) AS topic, \(Int64(CRC32.checksum(event.key))) AS checksum, \(id) AS id,
                    \(event.type) AS type, \(event.version) AS version, \(event.key) AS key, \(due) AS due_at,
                    \(trace) AS traceparent, \(JSONBytes(bytes: event.data)) AS data, \(event.isChecked) AS is_checked,
                    clock_timestamp() AS now
            ), waiting AS (
                INSERT INTO perch.delayed_events
                    (event_id, topic, checksum, type, version, key, due_at, asked_at, traceparent, data, is_checked)
                SELECT id, topic, checksum, type, version, key, due_at, now, traceparent, data, is_checked FROM event
                WHERE due_at > now
                ON CONFLICT (event_id) DO NOTHING
            )
            INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, traceparent, data, is_checked)
            SELECT e.topic, (e.checksum % (SELECT t.partitions FROM perch.topics t WHERE t.topic = e.topic))::int,
                e.id, e.type, e.version, e.key, e.now, e.traceparent, e.data, e.is_checked
            FROM event e WHERE e.due_at <= e.now
            """
        )
        OutboxSignal.raise(afterCommitOf: self)
        return id
    }

    /// Takes a delayed event back with this transaction: if the transaction commits, the event is never published.
    ///
    /// Either the event is taken back or it is published, never both. One round trip; if a relay is just moving the event, the call waits
    /// for that. To let an event wait for another time, cancel it and publish it anew.
    ///
    /// - Returns: Whether it still waited. False: it was published, cancelled, or never asked for.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func cancelDelayed(_ id: UUID) throws -> Bool {
        try affectedRows("DELETE FROM perch.delayed_events WHERE event_id = \(id)") > 0
    }
}
