import FoundationEssentials
import Perch
import Postgres

/// Looks events up in their owner's log and outbox. Each look reads a bounded part: the log has an index by position only.
struct LogReader {
    let connection: PostgresConnection
    let source: String

    /// The most rows that one look reads.
    static let depth: Int64 = 250_000

    /// The first and last positions in the log; nil where it has none.
    func bounds(of partition: Partition) throws -> (first: Position, last: Position)? {
        let rows = try connection.query(
            """
            SELECT min(position) AS first, max(position) AS last FROM perch.log
            WHERE topic = \(partition.topic) AND partition = \(partition.number)
            """
        ) { (try $0.decodeIfPresent("first", as: Int64.self), try $0.decodeIfPresent("last", as: Int64.self)) }
        guard let first = rows.first?.0, let last = rows.first?.1 else { return nil }
        return (first, last)
    }

    /// The id at a position.
    func id(at position: Position, of partition: Partition) throws -> EntryID? {
        try connection.query(
            """
            SELECT milliseconds FROM perch.log WHERE topic = \(partition.topic)
                AND partition = \(partition.number) AND position = \(position)
            """
        ) { EntryID(milliseconds: try $0.decode("milliseconds"), position: position) }.first
    }

    /// The first entry that is not older than this: milliseconds only grow, so the middle is looked at again and again.
    func first(notBefore milliseconds: Int64, of partition: Partition) throws -> EntryID? {
        guard let bounds = try bounds(of: partition) else { return nil }
        var (low, high) = (bounds.first, bounds.last + 1)
        while low < high {
            let middle = low + (high - low) / 2
            guard let id = try id(at: middle, of: partition) else { return nil }
            if id.milliseconds >= milliseconds { high = middle } else { low = middle + 1 }
        }
        return try id(at: low, of: partition)
    }

    /// The events of this id, one of each partition, from the second before it was made on, or where that is not known among
    /// the newest. One statement for all of them, for it reads up to `depth` rows of each: no index has the id.
    func events(_ id: UUID, madeAt made: Int64?, of partitions: [Partition]) throws -> [FoundEvent] {
        let starts = try partitions.map { partition -> Position in
            if let made { return try first(notBefore: made - 1000, of: partition)?.position ?? .max - Self.depth }
            return max(1, (try bounds(of: partition)?.last ?? 0) - Self.depth + 1)
        }
        return try events(
            """
            SELECT \(raw: Self.columns) FROM unnest(
                \(partitions.map(\.topic)), \(partitions.map(\.number)), \(starts)
            ) AS s (of_topic, of_partition, start)
            CROSS JOIN LATERAL (
                SELECT * FROM perch.log WHERE topic = s.of_topic AND partition = s.of_partition
                    AND position >= s.start AND position < s.start + \(Self.depth) AND event_id = \(id) LIMIT 1
            ) AS l
            """
        )
    }

    /// The entry at a place.
    func event(at id: EntryID, of partition: Partition) throws -> FoundEvent? {
        try events(
            """
            SELECT \(raw: Self.columns) FROM perch.log WHERE topic = \(partition.topic)
                AND partition = \(partition.number) AND position = \(id.position) AND milliseconds = \(id.milliseconds)
            """
        ).first
    }

    /// The newest events of a key, newest first, among the last `depth` of its partition.
    func events(ofKey key: String, of partition: Partition, limit: Int, depth: Int64) throws -> [FoundEvent] {
        let last = try bounds(of: partition)?.last ?? 0
        return try events(
            """
            SELECT \(raw: Self.columns) FROM perch.log WHERE topic = \(partition.topic)
                AND partition = \(partition.number) AND position > \(last - depth) AND key = \(key)
            ORDER BY position DESC LIMIT \(limit)
            """
        )
    }

    /// The events of a range, in order, those of a key only.
    func events(
        from first: Position,
        through last: Position,
        key: String?,
        limit: Int,
        of partition: Partition
    ) throws -> [FoundEvent] {
        try events(
            """
            SELECT \(raw: Self.columns) FROM perch.log WHERE topic = \(partition.topic)
                AND partition = \(partition.number) AND position BETWEEN \(first) AND \(last)
                AND (\(key)::text IS NULL OR key = \(key))
            ORDER BY position LIMIT \(Int64(limit))
            """
        )
    }

    /// The first position that does not come before an id, whoever made that; nil: before the end.
    func end(before id: EntryID?, of partition: Partition) throws -> Position {
        guard let id else { return .max }
        let first = try first(notBefore: id.milliseconds, of: partition)?.position ?? .max
        guard id.milliseconds < .max else { return first }
        let next = try self.first(notBefore: id.milliseconds + 1, of: partition)?.position ?? .max
        return min(max(id.position, first), next)
    }

    /// Of each partition the first position that does not come before an id, whoever made that; nil: before the end.
    ///
    /// Where the log has the id itself, which is the rule, one statement finds all of them.
    func ends(before places: [(partition: Partition, id: EntryID?)]) throws -> [Partition: Position] {
        var ends: [Partition: Position] = [:]
        var known: [(partition: Partition, id: EntryID)] = []
        for place in places {
            if let id = place.id { known.append((place.partition, id)) } else { ends[place.partition] = .max }
        }
        guard !known.isEmpty else { return ends }
        let (partitions, ids) = (PartitionLists(known.map(\.partition)), known.map(\.id))
        let found = try connection.query(
            """
            SELECT l.topic, l.partition, l.position FROM unnest(
                \(partitions.topics), \(partitions.numbers), \(ids.map(\.position)), \(ids.map(\.milliseconds))
            ) AS p (topic, partition, position, milliseconds)
            JOIN perch.log l USING (topic, partition, position, milliseconds)
            """
        ) { (try $0.partition(), try $0.decode("position", as: Position.self)) }
        for (partition, position) in found { ends[partition] = position }
        for (partition, id) in known where ends[partition] == nil {
            ends[partition] = try end(before: id, of: partition)
        }
        return ends
    }

    /// Of each partition the events before a position, the newest first.
    ///
    /// - Parameter places: Each with the most events of it.
    func events(
        before places: [(partition: Partition, position: Position, most: Int)]
    ) throws -> [Partition: [FoundEvent]] {
        let partitions = PartitionLists(places.map(\.partition))
        let found = try events(
            """
            SELECT \(raw: Self.columns) FROM unnest(
                \(partitions.topics), \(partitions.numbers), \(places.map(\.position)), \(places.map { Int64($0.most) })
            ) AS s (of_topic, of_partition, before, most)
            CROSS JOIN LATERAL (
                SELECT * FROM perch.log WHERE topic = s.of_topic AND partition = s.of_partition AND position < s.before
                ORDER BY position DESC LIMIT s.most
            ) AS l
            """
        )
        return Dictionary(grouping: found, by: \.partition).mapValues { events in
            events.sorted { ($0.entryID?.position ?? 0) > ($1.entryID?.position ?? 0) }
        }
    }

    /// What waits of a key, or of an event, in these partitions.
    func waiting(key: String?, id: UUID?, of partitions: [Partition], limit: Int) throws -> [FoundEvent] {
        try events(
            """
            SELECT topic, partition, NULL::bigint AS milliseconds, NULL::bigint AS position, event_id, type, version, key,
                time, traceparent, data::text AS data, false AS is_delayed
            FROM unnest(
                \(partitions.map(\.topic)), \(partitions.map(\.number))
            ) AS p (of_topic, of_partition)
            CROSS JOIN LATERAL (
                SELECT * FROM perch.outbox o WHERE o.topic = p.of_topic AND o.partition = p.of_partition
                ORDER BY o.sequence LIMIT 100000
            ) AS o
            WHERE (\(key) IS NULL OR key = \(key)) AND (\(id) IS NULL OR event_id = \(id))
            ORDER BY sequence LIMIT \(limit)
            """
        )
    }

    /// What is delayed of a key, the next to become due first.
    func delayed(ofKey key: String, of topic: TopicName, limit: Int) throws -> [FoundEvent] {
        try events(
            """
            \(raw: Self.delayed) WHERE d.topic = \(topic) AND d.key = \(key) ORDER BY d.due_at, d.sequence LIMIT \(Int64(limit))
            """
        )
    }

    /// The delayed event of this id.
    func delayed(id: UUID, of topic: TopicName) throws -> [FoundEvent] {
        try events("\(raw: Self.delayed) WHERE d.topic = \(topic) AND d.event_id = \(id)")
    }

    /// In the partitions that their keys have now.
    private static let delayed: StaticString =
        """
        SELECT d.topic, (d.checksum % t.partitions)::int AS partition, NULL::bigint AS milliseconds, NULL::bigint AS position,
            d.event_id, d.type, d.version, d.key, d.due_at AS time, d.traceparent, d.data::text AS data, true AS is_delayed
        FROM perch.delayed_events d JOIN perch.topics t USING (topic)
        """

    private static let columns: StaticString =
        """
        topic, partition, milliseconds, position, event_id, type, version, key, time, traceparent, data::text AS data
        """

    private func events(_ sql: SQL) throws -> [FoundEvent] {
        try connection.query(sql) { row in
            let partition = try row.partition()
            let position = try row.decodeIfPresent("position", as: Int64.self)
            let milliseconds = try row.decodeIfPresent("milliseconds", as: Int64.self)
            let envelope = try Envelope(publishedRow: row, source: source)
            guard let position, let milliseconds else {
                let place: FoundEvent.Place = try row.decode("is_delayed") ? .delayed : .outbox
                return FoundEvent(envelope: envelope, partition: partition, entryID: nil, seenIn: [place])
            }
            let id = EntryID(milliseconds: milliseconds, position: position)
            return FoundEvent(envelope: envelope, partition: partition, entryID: id, seenIn: [.log])
        }
    }
}
