public import Perch
public import Postgres

/// Lists, retries and discards the failed events of one group. The workers of the group can keep running.
///
/// A change and its record in `perch.operations` commit together. The owner of the partition learns of it with its next
/// heartbeat, within a second. Every call can be repeated, and several operators can make it at once: an event is not retried or
/// discarded a second time.
public struct FailedEvents: Sendable {
    private let database: OperatorDatabase
    let group: GroupName

    /// - Parameters:
    ///   - database: The one of the group's service, which may hold other groups too.
    ///   - group: Whose events; those of other groups are neither seen nor changed.
    public init(_ database: Database, of group: GroupName) {
        self.database = .pool(database)
        self.group = group
    }

    /// The failed events of a group of the system. Its errors are `ServerProblem`s.
    ///
    /// Connects when first asked.
    public init(_ system: OperatedSystem, of group: GroupName) {
        database = .linked(system, service: group.rawValue)
        self.group = group
    }

    // MARK: Looking

    /// Which of them come first in a list.
    public enum Order: Sendable, Hashable {
        /// Those that came here first.
        case oldestFirst
        /// Those that came here last.
        case newestFirst
    }

    /// Page by page.
    ///
    /// - Parameters:
    ///   - order: Default: in the order in which they came here.
    ///   - limit: The most events. Default 100.
    ///   - after: The last id of the page before. Default nil: the first page.
    public func list(
        filter: Filter = Filter(),
        order: Order = .oldestFirst,
        limit: Int = 100,
        after: FailedEvent.ID? = nil
    ) async throws -> [FailedEvent] {
        let direction: StaticString
        let (low, high): (FailedEvent.ID, FailedEvent.ID)
        switch order {
        case .oldestFirst: (direction, low, high) = ("ASC", after ?? 0, .max)
        case .newestFirst: (direction, low, high) = ("DESC", 0, after ?? .max)
        }
        return try await query(
            """
            SELECT \(raw: FailedEvent.columns) FROM perch.failed_events f
            WHERE f.id > \(low) AND f.id < \(high) AND f.group_name = \(group) AND \(matching: filter)
            ORDER BY f.id \(raw: direction) LIMIT \(Int64(limit))
            """
        ) { try FailedEvent($0) }
    }

    /// How many there are, by state; states that none is in are left out.
    public func counts(filter: Filter = Filter()) async throws -> [FailedEvent.State: Int] {
        let rows = try await query(
            """
            SELECT f.state, count(*) AS n FROM perch.failed_events f
            WHERE f.group_name = \(group) AND \(matching: filter) GROUP BY f.state
            """
        ) { (FailedEvent.State(rawValue: try $0.decode("state")) ?? .dead, try $0.decode("n", as: Int.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// How many there are.
    public func count(filter: Filter = Filter()) async throws -> Int {
        try await counts(filter: filter).values.reduce(0, +)
    }

    /// The failed event of this number; nil if there is none, or no longer.
    public func event(id: FailedEvent.ID) async throws -> FailedEvent? {
        try await query(
            """
            SELECT \(raw: FailedEvent.columns) FROM perch.failed_events f WHERE f.id = \(id) AND f.group_name = \(group)
            """
        ) { try FailedEvent($0) }.first
    }

    /// Where an event stands among the others of its key.
    public struct KeyPlace: Sendable, Hashable {
        /// The first of the key, which the others wait for; nil: it is the first itself.
        public let first: FailedEvent.ID?
        /// How many later ones wait behind it.
        public let behind: Int
    }

    /// Which one it waits for, and how many wait for it.
    public func place(of event: FailedEvent) async throws -> KeyPlace {
        let partition = event.delivery.partition
        return try await query(
            """
            SELECT count(*) FILTER (WHERE f.position > \(event.delivery.entryID.position)) AS behind,
                (array_agg(f.id ORDER BY f.position))[1] AS first
            FROM perch.failed_events f
            WHERE f.group_name = \(group) AND f.topic = \(partition.topic)
                AND f.partition = \(partition.number) AND f.subject = \(event.delivery.subject)
            """
        ) { row in
            let first = try row.decodeIfPresent("first", as: Int64.self)
            return KeyPlace(first: first == event.id ? nil : first, behind: try row.decode("behind"))
        }.first ?? KeyPlace(first: nil, behind: 0)
    }

    /// The first event of the key of each of these, which the others of the key wait for.
    public func leaders(of ids: [FailedEvent.ID]) async throws -> [FailedEvent.ID: FailedEvent.ID] {
        let pairs = try await query(
            """
            SELECT f.id, (
                SELECT g.id FROM perch.failed_events g
                WHERE g.group_name = f.group_name AND g.topic = f.topic AND g.partition = f.partition
                    AND g.subject = f.subject
                ORDER BY g.position LIMIT 1
            ) AS leader
            FROM perch.failed_events f WHERE f.id = ANY (\(ids)) AND f.group_name = \(group)
            """
        ) { (try $0.decode("id", as: Int64.self), try $0.decode("leader", as: Int64.self)) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func query<T: Sendable>(_ sql: SQL, _ decode: @Sendable (borrowing Row) throws -> T) async throws -> [T] {
        try await database.query(sql, decode)
    }

    func change<R: Sendable>(_ body: @Sendable (borrowing Transaction) throws -> R) async throws -> R {
        try await database.change(body)
    }
}
