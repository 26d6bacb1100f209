import Perch
import Postgres

/// What was found in a service's streams and set aside, for the service has not published it: the newest, and how many there are.
struct NewestForeignEntry {
    /// There are many or there are not; to count them all would take the longer, the worse it is.
    static let countedAtMost = 100_000

    private let count: Int
    private let newest: String
    private let partition: Partition
    private let foundAt: Timestamp

    /// - Returns: nil where there are none, or the role may not look.
    init?(_ connection: PostgresConnection) throws {
        let mayLook = try connection.query(
            "SELECT has_table_privilege('perch.foreign_entries', 'SELECT') AS may"
        ) { try $0.decode("may", as: Bool.self) }
        guard mayLook == [true] else { return nil }
        let rows = try connection.query(
            """
            SELECT f.topic, f.partition, f.entry_id, f.found_at, (
                SELECT count(*) FROM (SELECT FROM perch.foreign_entries LIMIT \(Int64(Self.countedAtMost + 1))) AS counted
            ) AS n
            FROM perch.foreign_entries f ORDER BY f.id DESC LIMIT 1
            """
        ) { row in
            (
                try row.decode("n", as: Int.self), try row.decode("entry_id", as: String.self),
                try row.partition(),
                try row.decode("found_at", as: Timestamp.self)
            )
        }
        guard let found = rows.first else { return nil }
        (count, newest, partition, foundAt) = found
    }

    func finding(_ service: String) -> Diagnosis.Finding {
        .foreignEntries(
            service: service,
            count: min(count, Self.countedAtMost),
            isMore: count > Self.countedAtMost,
            newest: newest,
            partition: partition,
            foundAt: foundAt
        )
    }
}
