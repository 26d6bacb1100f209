import Perch
import PerchProtocol
public import Postgres

/// Lists the entries that a service's relay has taken out of its streams, since the service has not published them. It changes
/// nothing.
public struct ForeignEntries: Sendable {
    private let database: OperatorDatabase

    /// - Parameter database: The one of the service whose streams they were in.
    public init(_ database: Database) { self.database = .pool(database) }

    /// What was found in the streams of a service. Its errors are `ServerProblem`s.
    ///
    /// Connects when first asked.
    public init(_ system: OperatedSystem, of service: String) { database = .linked(system, service: service) }

    /// The newest first.
    ///
    /// - Parameters:
    ///   - limit: The most entries. Default 100.
    ///   - before: The last id of the page before. Default nil: the first page.
    ///   - upTo: The most bytes of each entry, and the most fields, since an entry may be of any size. Default: all.
    public func list(
        limit: Int = 100,
        before: ForeignEntry.ID? = nil,
        upTo most: Int = .max
    ) async throws -> [ForeignEntry] {
        let most = Int32(clamping: most)
        return try await database.query(
            """
            SELECT e.id, e.topic, e.partition, e.entry_id, e.found_at, f.*
            FROM (
                SELECT * FROM perch.foreign_entries WHERE id < \(before ?? .max) ORDER BY id DESC LIMIT \(Int64(limit))
            ) AS e CROSS JOIN LATERAL (
                SELECT coalesce(sum(octet_length(v.field)), 0) AS bytes, count(*) AS count,
                    coalesce(
                        array_agg(substr(v.field, 1, (\(most) - v.before)::int) ORDER BY v.place)
                            FILTER (WHERE v.before < \(most) AND v.place <= \(most)),
                        '{}'
                    ) AS fields
                FROM (
                    SELECT u.field, u.place,
                        sum(octet_length(u.field)) OVER (ORDER BY u.place) - octet_length(u.field) AS before
                    FROM unnest(e.fields) WITH ORDINALITY AS u (field, place)
                ) AS v
            ) AS f
            ORDER BY e.id DESC
            """
        ) { row in
            let fields = try row.decode("fields", as: [[UInt8]].self)
            let (bytes, count) = (try row.decode("bytes", as: Int64.self), try row.decode("count", as: Int64.self))
            return ForeignEntry(
                id: try row.decode("id"),
                partition: try Self.partition(row),
                entryID: try row.decode("entry_id"),
                fields: fields,
                bytes: bytes,
                isCut: fields.count < count || fields.reduce(0) { $0 + Int64($1.count) } < bytes,
                foundAt: try row.decode("found_at")
            )
        }
    }

    /// The entry of this number; nil if there is none.
    public func entry(id: ForeignEntry.ID) async throws -> ForeignEntry? {
        guard id < .max else { return nil }
        return try await list(limit: 1, before: id + 1).first { $0.id == id }
    }

    /// How many there were, for each partition that has had any.
    public func totals() async throws -> [ForeignTotal] {
        try await database.query(
            "SELECT topic, partition, kept, bytes, beyond FROM perch.foreign_totals ORDER BY topic, partition"
        ) { try Self.total($0) }
    }

    static func total(_ row: borrowing Row) throws -> ForeignTotal {
        ForeignTotal(
            partition: try partition(row),
            kept: try row.decode("kept"),
            bytes: try row.decode("bytes"),
            beyond: try row.decode("beyond")
        )
    }

    private static func partition(_ row: borrowing Row) throws -> Partition {
        try row.partition()
    }
}
