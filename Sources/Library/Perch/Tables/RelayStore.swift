import Postgres

/// An owner's tables in Postgres, by one connection of a relay's: one method an action, each a transaction of its own.
final class RelayStore: OwnerTables {
    let connection: PostgresConnection
    private let log: Log
    private let topics: [TopicName]
    private var leadership: RelayLeadership
    /// Positions that were asked for and are not collected yet.
    private var assignment: SubmittedTransaction?

    /// - Parameter silence: How long the active relay may be silent until another one follows it: longer than its Redis may keep
    ///   it waiting.
    init(
        connection: PostgresConnection,
        naming: StreamNaming,
        sources: [TopicName: String],
        silence: Duration = .seconds(5)
    ) {
        self.connection = connection
        topics = Array(sources.keys)
        leadership = RelayLeadership(connection: connection, sources: sources, silence: silence)
        log = Log(reader: LogEntryReader(naming: naming, sources: sources))
    }

    /// Where the reader stays from one statement to the next.
    private final class Log {
        var reader: LogEntryReader

        init(reader: consuming LogEntryReader) { self.reader = reader }
    }

    var isDead: Bool { connection.isDead }

    static func failure(of error: any Error) -> ServerFailure? {
        switch error {
        case let error as PostgresError where error.sqlState?.isMissingSchema == true: ServerFailure(.fatal, error)
        case let error as PostgresError where error.isConnectionDead: ServerFailure(.lost, error)
        case let error as SessionNeeded: ServerFailure(.fatal, error)
        case is PostgresError, is SchemaProblem: ServerFailure(.troubled, error)
        case let error as ServerFailure: error
        default: nil
        }
    }

    func lead() throws -> Bool { try leadership.lead() }

    func hasStandby() throws -> Bool { try leadership.hasStandby() }

    /// Asks for positions for what is committed and has none, and waits for nothing.
    ///
    /// With what was given come the first rows that nobody has looked at yet; rows of topics that only another relay's contract has
    /// are left to it. Mostly there are none, and it costs a look into an empty index.
    ///
    /// The rows go into a cursor that outlives the transaction: they would else be sent within it, and a relay that does not
    /// read them, for it is frozen or Redis has it wait, would keep the partitions' rows locked.
    ///
    /// Behind all of them comes a row without a partition where delayed events are due. Where none wait it costs a look into an
    /// empty index; where a million do, one at the first entry of an index.
    func assign(most: Int, due: Int, except partitions: [Partition]) throws {
        let tx = try connection.begin()
        try tx.execute("CLOSE ALL")
        if due > 0 { try tx.execute("SELECT perch.move_due(\(Int32(clamping: due)))") }
        try tx.execute(
            """
            DECLARE given NO SCROLL CURSOR WITH HOLD FOR
            SELECT \(raw: LogEntryReader.columns)
            FROM perch.assign_positions(\(Int32(clamping: most)), \(partitions.map(\.description)))
            UNION ALL
            (SELECT o.topic, o.partition, NULL, o.sequence, o.event_id, o.type, o.version, o.key, o.time,
                (SELECT t.partitions::text FROM perch.topics t WHERE t.topic = o.topic), o.data
            FROM perch.outbox o
            WHERE NOT o.is_checked AND (
                o.topic = ANY (\(topics))
                OR NOT EXISTS (SELECT FROM perch.topics t WHERE t.topic = o.topic)
            )
            ORDER BY o.sequence LIMIT \(Self.mostUnchecked))
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            WHERE (SELECT d.due_at FROM perch.delayed_events d ORDER BY d.due_at LIMIT 1) <= clock_timestamp()
            """
        )
        assignment = try tx.submit()
    }

    /// What was given by the transaction that `assign` has submitted; nothing where it has submitted none.
    func collect() throws -> [LogRun] {
        guard let assignment = assignment.take() else { return [] }
        try assignment.outcome()
        return try read("FETCH ALL FROM given")
    }

    var hasDue: Bool { log.reader.hasDue }

    private func read(_ sql: SQL, isStrict: Bool = false) throws -> [LogRun] {
        try Self.read(sql, isStrict: isStrict, on: connection, by: &log.reader)
    }

    private static func read(
        _ sql: SQL,
        isStrict: Bool,
        on connection: PostgresConnection,
        by reader: inout LogEntryReader
    ) throws -> [LogRun] {
        reader.begin()
        _ = try connection.query(sql) { try reader.read($0, isStrict: isStrict) }
        return reader.finish()
    }

    /// How many rows are looked at at a time: of the largest they are 13 MB.
    private static let mostUnchecked: Int64 = 200

    /// Looks at the rows that came with what was collected last: what is in order may have a position now, what is not is moved
    /// to `perch.refused_events`. One statement, and none where there are no such rows.
    func settleUnchecked(by door: OutboxDoor) throws -> CheckedRows {
        let rows = log.reader.unchecked
        guard !rows.isEmpty else { return CheckedRows() }
        let reasons = rows.map { door.problem(of: $0).map { FailureStore.shortened($0) } }
        let settled = try connection.query(
            """
            SELECT passed, refused FROM perch.settle_checked(
                \(rows.map(\.topic)), \(rows.map(\.partition)), \(rows.map(\.sequence)), \(reasons)
            )
            """
        ) { (passed: try $0.decode("passed", as: Int64.self), refused: try $0.decode("refused", as: [Int64].self)) }
        guard let settled = settled.first else { return CheckedRows() }
        let refused = Set(settled.refused)
        return CheckedRows(
            hasMore: settled.passed > 0 || !refused.isEmpty,
            refused: zip(rows, reasons).enumerated().compactMap { offset, found in
                guard let reason = found.1, refused.contains(Int64(offset) + 1) else { return nil }
                return (found.0, reason)
            }
        )
    }

    private func allPartitions() throws -> Set<Partition> {
        Set(try connection.query("SELECT topic, partition FROM perch.partitions") { try $0.partition() })
    }

    /// The partitions of topics that this relay's contract does not have: another relay gives their positions.
    func strangers() throws -> [Partition] {
        try allPartitions().filter { !topics.contains($0.topic) }.sorted()
    }

    /// The partitions of these topics by the database, those of former layouts too, and how many each topic has now. What it
    /// does not have is left out.
    func declared(_ topics: [TopicName]) throws -> (partitions: [Partition], counts: [TopicName: Int]) {
        let rows = try connection.query(
            """
            SELECT t.topic, t.partitions, p.partition FROM perch.topics t JOIN perch.partitions p USING (topic)
            WHERE t.topic = ANY (\(topics)) ORDER BY t.topic, p.partition
            """
        ) { row in
            let topic = try row.decode("topic", as: TopicName.self)
            let number = try row.decode("partition", as: PartitionNumber.self)
            return (Partition(topic, number), Int(try row.decode("partitions", as: Int32.self)))
        }
        return (rows.map(\.0), Dictionary(rows.map { ($0.0.topic, $0.1) }) { $1 })
    }

    func load(_ partition: Partition, after position: Position, most: Int) throws -> [LogEntry] {
        // At most 16 MiB of data, and one entry whatever its size.
        try read(
            """
            SELECT \(raw: LogEntryReader.columns) FROM (
                SELECT l.*, sum(octet_length(l.data::text)) OVER (ORDER BY l.position ROWS UNBOUNDED PRECEDING)
                    - octet_length(l.data::text) AS before
                FROM perch.log l
                WHERE topic = \(partition.topic) AND partition = \(partition.number)
                    AND position > \(position)
                ORDER BY position LIMIT \(most)
            ) AS next
            WHERE before < 16777216 ORDER BY position
            """,
            isStrict: true
        ).first?.entries ?? []
    }

    /// What the log says of a state of the stream.
    func consult(_ partition: Partition, _ state: StreamState) throws -> LogState {
        let topic = partition.topic
        let number = partition.number
        let first = state.first ?? .zero
        let rows = try connection.query(
            """
            SELECT p.last_position, p.last_milliseconds, p.trimmed_position,
                floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
                (SELECT min(l.position) FROM perch.log l
                    WHERE l.topic = p.topic AND l.partition = p.partition) AS oldest,
                EXISTS (SELECT FROM perch.log l WHERE l.topic = p.topic AND l.partition = p.partition
                    AND l.position = \(state.last.position) AND l.milliseconds = \(state.last.milliseconds)) AS has_last,
                EXISTS (SELECT FROM perch.log l WHERE l.topic = p.topic AND l.partition = p.partition
                    AND l.position = \(first.position) AND l.milliseconds = \(first.milliseconds)) AS has_first
            FROM perch.partitions p WHERE p.topic = \(topic) AND p.partition = \(number)
            """
        ) { row in
            LogState(
                last: EntryID(
                    milliseconds: try row.decode("last_milliseconds"),
                    position: try row.decode("last_position")
                ),
                trimmed: try row.decode("trimmed_position"),
                oldest: try row.decodeIfPresent("oldest"),
                hasLast: try row.decode("has_last"),
                hasFirst: try row.decode("has_first"),
                clock: try row.decode("now")
            )
        }
        guard var log = rows.first else { throw SchemaProblem.partitionNotDeclared(partition) }
        if state.last == log.last { log.hasLast = true }
        if state.last != .zero, !log.hasLast || state.endsForeign {
            log.predecessor = log.last < state.last ? log.last : try newest(partition, below: state.last) ?? .zero
        }
        if let group = state.lowestGroup {
            // What the log has dropped tells nothing any more; there the id itself has to.
            let dropped = (log.oldest ?? log.last.position + 1) - 1
            log.lowestGroup = try newest(partition, atOrBelow: group)?.position ?? min(group.position, dropped)
        }
        return log
    }

    private func newest(_ partition: Partition, below id: EntryID) throws -> EntryID? {
        try newest(partition, atOrBelow: EntryID(milliseconds: id.milliseconds, position: id.position - 1))
    }

    /// The newest entry whose id is not above this one. The usual case, that the log has this very id, costs one look.
    private func newest(_ partition: Partition, atOrBelow id: EntryID) throws -> EntryID? {
        guard id > .zero else { return nil }
        let topic = partition.topic
        let number = partition.number
        return try connection.query(
            """
            (SELECT milliseconds, position FROM perch.log
                WHERE topic = \(topic) AND partition = \(number)
                    AND position = \(id.position) AND milliseconds = \(id.milliseconds))
            UNION ALL
            (SELECT milliseconds, position FROM perch.log
                WHERE topic = \(topic) AND partition = \(number)
                    AND (milliseconds, position) <= (\(id.milliseconds), \(id.position))
                ORDER BY position DESC LIMIT 1)
            LIMIT 1
            """
        ) { EntryID(milliseconds: try $0.decode("milliseconds"), position: try $0.decode("position")) }.first
    }

    /// Copies entries that only the stream still held into the log, if they still continue it. Those of them that Postgres
    /// has set back into the outbox, or among the delayed ones, leave it: they have their position.
    func adopt(_ partition: Partition, _ entries: [AdoptedEntry]) throws -> Bool {
        guard let first = entries.first, let last = entries.last else { return false }
        let topic = partition.topic
        let number = partition.number
        return try connection.transaction { tx in
            try tx.boundIdleTime()
            let positions = try tx.query(
                """
                SELECT last_position FROM perch.partitions
                WHERE topic = \(topic) AND partition = \(number) FOR NO KEY UPDATE
                """
            ) { try $0.decode("last_position", as: Int64.self) }
            guard positions.first == first.id.position - 1 else { return false }
            let envelopes = entries.map(\.envelope)
            try tx.execute(
                """
                INSERT INTO perch.log
                    (topic, partition, position, milliseconds, event_id, type, version, key, time, traceparent, data)
                SELECT \(topic), \(number), e.position, e.milliseconds, e.id, e.type, e.version, e.key, e.time,
                    e.traceparent, perch.as_json(e.data)
                FROM unnest(
                    \(entries.map(\.id.position)), \(entries.map(\.id.milliseconds)), \(envelopes.map(\.id)),
                    \(envelopes.map(\.type)), \(entries.map(\.version)),
                    \(envelopes.map(\.subject)), \(envelopes.map(\.time)), \(envelopes.map(\.traceparent)),
                    \(envelopes.map { String(decoding: $0.data, as: UTF8.self).filter { $0 != "\0" } })
                ) AS e (position, milliseconds, id, type, version, key, time, traceparent, data)
                """
            )
            try tx.execute("DELETE FROM perch.outbox WHERE topic = \(topic) AND event_id = ANY(\(envelopes.map(\.id)))")
            // Those that it has set back to where they were before they were due.
            try tx.execute(
                "DELETE FROM perch.delayed_events WHERE topic = \(topic) AND event_id = ANY(\(envelopes.map(\.id)))"
            )
            try tx.execute(
                """
                UPDATE perch.partitions
                SET last_position = \(last.id.position), last_milliseconds = \(last.id.milliseconds)
                WHERE topic = \(topic) AND partition = \(number)
                """
            )
            return true
        }
    }

    /// Keeps foreign entries with their ids and bytes, each once. What the log has at that id is ours and is not kept: only its
    /// attributes cannot be read.
    func setAside(_ partition: Partition, _ entries: [StreamEntry]) throws {
        try connection.transaction { tx in
            for entry in entries {
                try tx.execute(
                    """
                    SELECT perch.set_aside(\(partition.topic), \(partition.number), \(entry.rawID),
                        \(entry.id.milliseconds), \(entry.id.position),
                        \(String(decoding: entry.value(of: "id") ?? [], as: UTF8.self).filter { $0 != "\0" }),
                        \(entry.value(of: "data") ?? []), \(entry.fields))
                    """
                )
            }
        }
    }

    /// Promises that the stream needs nothing up to this position any more. Made before anything is dropped.
    ///
    /// - Returns: The id after which entries are kept; nil if the log does not have that position.
    func promiseTrimmed(_ partition: Partition, through position: Position) throws -> EntryID? {
        try connection.query(
            """
            UPDATE perch.partitions p SET trimmed_position = greatest(p.trimmed_position, l.position)
            FROM perch.log l
            WHERE p.topic = \(partition.topic) AND p.partition = \(partition.number)
                AND l.topic = p.topic AND l.partition = p.partition AND l.position = \(position)
            RETURNING l.milliseconds
            """
        ) { EntryID(milliseconds: try $0.decode("milliseconds"), position: position) }.first
    }

    /// Drops the oldest events from the log that the topic's archive no longer keeps, at most up to this position: the stream
    /// needs them no more, and no group does.
    ///
    /// - Returns: How many.
    func dropArchived(_ partition: Partition, through position: Position, most: Position) throws -> Int64 {
        try connection.query(
            """
            SELECT perch.drop_archived(\(partition.topic), \(partition.number), \(position), \(most))
                AS dropped
            """
        ) { try $0.decode("dropped", as: Int64.self) }.first ?? 0
    }

    /// The time of the database, which entries have their ids by.
    func milliseconds() throws -> Int64 {
        try connection.query("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now") {
            try $0.decode("now", as: Int64.self)
        }.first ?? 0
    }
}

/// An entry that the stream holds and the log lacks.
package struct AdoptedEntry {
    package let id: EntryID
    package let envelope: Envelope
    /// As the log has it.
    package let version: Int32

    init(_ id: EntryID, _ envelope: Envelope, isReadable: Bool) {
        self.id = id
        self.envelope = envelope
        version = isReadable ? Int32(clamping: envelope.version) : LogEntryReader.versionOfUnreadable
    }
}

/// What became of rows that nobody had looked at.
package struct CheckedRows {
    /// Rows may have a position now that could not before: these, or those behind them.
    package var hasMore = false
    /// Those that this relay has moved: another may have been faster with some.
    package var refused: [(row: UncheckedRow, reason: String)] = []

    package init(hasMore: Bool = false, refused: [(row: UncheckedRow, reason: String)] = []) {
        self.hasMore = hasMore
        self.refused = refused
    }
}

/// What the database holds does not fit the contract.
enum SchemaProblem: Error, CustomStringConvertible {
    case partitionNotDeclared(Partition)
    case missingValue(String)

    var description: String {
        switch self {
        case .partitionNotDeclared(let partition):
            "\(partition) is not in perch.partitions of this database: run the service's migrations with this contract"
        case .missingValue(let column): "a row of perch.log has no \(column)"
        }
    }
}
