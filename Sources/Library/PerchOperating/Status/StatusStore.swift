import Perch
import Postgres

/// What Postgres tells of groups and outboxes.
struct StatusStore {
    let connection: PostgresConnection
    /// A backlog is large or it is not; to count it all would take the longer, the worse it is. Of a group's failed events so
    /// many are counted, and of a partition's outbox.
    let countedAtMost: Int

    /// - Parameter countedAtMost: Smaller for tests.
    init(connection: PostgresConnection, countedAtMost: Int = 100_000) {
        self.connection = connection
        self.countedAtMost = countedAtMost
    }

    /// Fills in checkpoints and owners.
    ///
    /// - Returns: Postgres's time, in milliseconds since 1970: entry ids tell the time by its clock.
    func readCheckpoints(
        of partitions: inout [GroupStatus.PartitionStatus],
        in group: GroupName
    ) throws -> Int64? {
        struct Row {
            let checkpoint: EntryID?
            let owner: String?
            let isPaused: Bool
        }
        var rows: [Partition: Row] = [:]
        var now: Int64?
        _ = try connection.query(
            """
            SELECT c.topic, c.partition, c.entry_id, l.paused_at IS NOT NULL AS is_paused,
                CASE WHEN NOT \(raw: LeaseStore.isClaimable) THEN l.owner END AS owner,
                floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now
            FROM unnest(\(partitions.map(\.partition.topic)), \(partitions.map(\.partition.number))) AS p (topic, partition)
            JOIN perch.checkpoints c
                ON c.group_name = \(group) AND c.topic = p.topic AND c.partition = p.partition
            LEFT JOIN perch.leases l
                ON l.group_name = c.group_name AND l.topic = c.topic AND l.partition = c.partition
            """
        ) { row in
            now = try row.decode("now")
            rows[try row.partition()] = Row(
                checkpoint: try row.entryID(),
                owner: try row.decodeIfPresent("owner"),
                isPaused: try row.decode("is_paused")
            )
        }
        for index in partitions.indices {
            guard let row = rows[partitions[index].partition] else { continue }
            partitions[index].checkpoint = row.checkpoint
            partitions[index].owner = row.owner
            partitions[index].isPaused = row.isPaused
        }
        return now
    }

    func readFailures(of partitions: inout [GroupStatus.PartitionStatus], in group: GroupName) throws {
        var failures: [Partition: GroupStatus.Failures] = [:]
        _ = try connection.query(
            """
            SELECT topic, partition, state, count(*) AS n FROM (
                SELECT topic, partition, state FROM perch.failed_events
                WHERE group_name = \(group) LIMIT \(countedAtMost)
            ) AS counted
            GROUP BY topic, partition, state
            """
        ) { row in
            let count = try row.decode("n", as: Int.self)
            let partition = try row.partition()
            switch try row.decode("state", as: String.self) {
            case "failed": failures[partition, default: .init()].failed = count
            case "held": failures[partition, default: .init()].held = count
            case "dead": failures[partition, default: .init()].dead = count
            default: break
            }
        }
        for index in partitions.indices {
            partitions[index].failed = failures[partitions[index].partition] ?? .init()
        }
    }

    func waiting(of topics: [TopicName]) throws -> [OutboxStatus.TopicStatus] {
        var rows = try connection.query(
            """
            SELECT p.topic, sum(w.n)::bigint AS waiting,
                coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(w.first))), 0)::float8 AS age
            FROM perch.partitions p, LATERAL (
                SELECT (
                    SELECT count(*) FROM (
                        SELECT FROM perch.outbox o WHERE o.topic = p.topic AND o.partition = p.partition
                        LIMIT \(countedAtMost)
                    ) AS counted
                ) AS n, (
                    SELECT o.time FROM perch.outbox o WHERE o.topic = p.topic AND o.partition = p.partition
                    ORDER BY o.sequence LIMIT 1
                ) AS first
            ) AS w
            WHERE p.topic = ANY (\(topics)) GROUP BY p.topic ORDER BY p.topic
            """
        ) { row in
            OutboxStatus.TopicStatus(
                topic: try row.decode("topic"),
                waiting: try row.decode("waiting"),
                oldestAge: .seconds(try row.decode("age", as: Double.self))
            )
        }
        let delays = try self.delays(of: topics)
        for index in rows.indices {
            guard let delay = delays[rows[index].topic] else { continue }
            rows[index].delayed = delay.waiting
            rows[index].overdue = delay.overdue
        }
        return rows
    }

    /// What is overdue is looked for among the first that are due, so many that a relay moves them in a second or two.
    private func delays(of topics: [TopicName]) throws -> [TopicName: (waiting: Int, overdue: Duration)] {
        let rows = try connection.query(
            """
            SELECT t.topic, (
                SELECT count(*) FROM (
                    SELECT FROM perch.delayed_events d WHERE d.topic = t.topic LIMIT \(countedAtMost)
                ) AS counted
            ) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - f.due_at), 0)::float8 AS overdue
            FROM unnest(\(topics)) AS t (topic) LEFT JOIN (
                SELECT o.topic, min(o.due_at) AS due_at FROM (
                    SELECT d.topic, d.due_at FROM perch.delayed_events d
                    WHERE d.due_at <= (SELECT clock_timestamp()) ORDER BY d.due_at LIMIT \(countedAtMost)
                ) AS o
                GROUP BY o.topic
            ) AS f ON f.topic = t.topic
            """
        ) { row in
            (
                try row.decode("topic", as: TopicName.self), try row.decode("waiting", as: Int.self),
                Duration.seconds(try row.decode("overdue", as: Double.self))
            )
        }
        return Dictionary(rows.map { ($0.0, (waiting: $0.1, overdue: max(.zero, $0.2))) }) { $1 }
    }

    /// The last position given, by partition.
    func published(of topics: [TopicName]) throws -> [Partition: Position] {
        let rows = try connection.query(
            "SELECT topic, partition, last_position FROM perch.partitions WHERE topic = ANY (\(topics))"
        ) { (try $0.partition(), try $0.decode("last_position", as: Int64.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Those whose sessions last, which their locks tell, the active ones first.
    func relays(of owner: String) throws -> [RelayStatus] {
        try connection.query(
            """
            SELECT r.host, r.pid, r.started_at, bool_or(l.classid::bigint = \(Int64(RelayLeadership.active))) AS is_active
            FROM perch.relays r JOIN \(raw: RelayLeadership.locks) ON l.pid = r.backend_pid
            WHERE r.owner = \(owner) AND l.granted
            GROUP BY r.backend_pid ORDER BY is_active DESC, r.started_at, r.host, r.pid LIMIT 1000
            """
        ) { row in
            RelayStatus(
                owner: owner,
                host: try row.decode("host"),
                pid: Int(try row.decode("pid", as: Int32.self)),
                startedAt: try row.decode("started_at"),
                isActive: try row.decode("is_active")
            )
        }
    }
}
