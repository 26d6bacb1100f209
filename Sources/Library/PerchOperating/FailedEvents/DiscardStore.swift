import FoundationEssentials
import Perch
import Postgres

/// Which events were given up: their rows are gone, their records in `perch.operations` stay.
struct DiscardStore {
    let connection: PostgresConnection

    /// How an event was given up for good in a group; nil: it was not, or what was done since has let it be handled again.
    func discard(
        of id: UUID,
        at position: Position,
        of partition: Partition,
        by group: GroupName
    ) throws -> EventJourney.Discard? {
        let topic = partition.topic
        let target = "\(group) \(topic)"
        return try connection.query(
            """
            SELECT d.operator, d.at, coalesce(d.details->>'reason', '') AS reason FROM perch.operations d
            WHERE d.action = 'discard_failed' AND d.details->'event'->>'event_id' = \(id.uuidString.lowercased())
                AND d.details->'event'->>'topic' = \(topic)
                AND d.details->'event'->>'partition' = \(String(partition.number.rawValue))
                AND d.group_name = \(group)
                AND NOT EXISTS (
                    SELECT FROM perch.operations r
                    WHERE r.id > d.id AND r.group_name = \(group)
                        AND r.action IN ('replay', 'replay selected', 'rewind')
                        AND CASE r.action
                        WHEN 'rewind' THEN r.target = \(group)
                        WHEN 'replay' THEN r.target = \(target) AND \(position) > split_part(
                            r.details->'checkpoints'->\(partition.description)->>'after', '-', 2
                        )::bigint
                        ELSE r.target IN (\(target), \(target) || ' key ' || (d.details->'event'->>'subject'))
                            AND \(position) BETWEEN
                                split_part(r.details->'partitions'->\(partition.description)->>'first', '-', 2)::bigint
                                AND split_part(r.details->'partitions'->\(partition.description)->>'last', '-', 2)::bigint
                    END
                )
            ORDER BY d.id DESC LIMIT 1
            """
        ) { row in
            EventJourney.Discard(
                by: try row.decode("operator"),
                reason: try row.decode("reason"),
                at: try row.decode("at")
            )
        }.first
    }
}
