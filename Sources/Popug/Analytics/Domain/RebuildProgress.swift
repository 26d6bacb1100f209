import Perch
import Postgres

/// How far the read model has come again since it was emptied: until it is there, its numbers are incomplete.
struct RebuildProgress: Sendable, Hashable {
    /// How many of the events that had been counted before are counted again.
    let replayed: Int64
    /// How many there were.
    let total: Int64
    /// How many workers have shown life within the last seconds; without one nothing moves.
    let workers: Int

    init?(replayed: Int64, total: Int64, workers: Int) {
        guard replayed < total else { return nil }
        (self.replayed, self.total, self.workers) = (replayed, total, workers)
    }
}

extension Reports {
    /// How far a rebuild is, by the checkpoints of the workers; nil where none goes on.
    ///
    /// What has come since the read model was emptied is not in it: of that the workers are as far behind as ever.
    func rebuild(in database: Database) async throws -> RebuildProgress? {
        let group = ReadModel.group.rawValue
        // A partition that there is no more holds up nothing.
        return try await database.query(
            """
            SELECT coalesce(sum(least(r.target, c.position)), 0)::bigint AS replayed,
                coalesce(sum(r.target), 0)::bigint AS total,
                (
                    SELECT count(*) FROM perch.workers
                    WHERE group_name = \(group) AND heartbeat_at > clock_timestamp() - interval '10 seconds'
                ) AS workers
            FROM analytics.rebuild r JOIN perch.checkpoints c USING (topic, partition) WHERE c.group_name = \(group)
            """
        ) { row in
            RebuildProgress(
                replayed: try row.decode("replayed"),
                total: try row.decode("total"),
                workers: try row.decode("workers")
            )
        }.first ?? nil
    }
}
