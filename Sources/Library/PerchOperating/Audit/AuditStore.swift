import FoundationEssentials
import Perch
import Postgres

/// Reads the records of one service's database.
struct AuditStore {
    let connection: PostgresConnection
    let service: String

    func records(_ filter: AuditTrail.Filter, _ limit: Int, _ before: AuditRecord?) throws -> [AuditRecord] {
        // Records of one time go by service, and in a service by number, the greatest first.
        let last: Int64? = before.map { $0.id.service == service ? $0.id.number : $0.id.service < service ? .max : 0 }
        return try connection.query(
            """
            SELECT o.id, o.at, o.operator, o.action, o.group_name, o.target,
                (o.details - ARRAY['payload', 'original_payload', 'data'])::text AS details
            FROM perch.operations o
            WHERE (\(before?.at)::timestamptz IS NULL OR (o.at, o.id) < (\(before?.at), \(last)))
                AND (\(filter.by)::text IS NULL OR o.operator = \(filter.by))
                AND (\(filter.action)::text IS NULL OR o.action = \(filter.action))
                AND (\(filter.group)::text IS NULL OR o.group_name = \(filter.group))
                AND (\(filter.since)::timestamptz IS NULL OR o.at >= \(filter.since))
                AND (\(filter.operation)::uuid IS NULL OR o.details->>'operation' = \(filter.operation?.text))
                AND (\(filter.text)::text IS NULL OR position(\(filter.text) IN CASE WHEN \(filter.looksAtData)
                    THEN o.target || ' ' || (o.details - ARRAY['payload', 'original_payload', 'data'])::text
                    ELSE \(raw: RecordTarget.masked) END) > 0)
            ORDER BY o.at DESC, o.id DESC LIMIT \(Int64(clamping: limit))
            """
        ) { try record($0) }
    }

    func record(_ number: Int64) throws -> AuditRecord? {
        try connection.query(
            """
            SELECT id, at, operator, action, group_name, target, details::text AS details
            FROM perch.operations WHERE id = \(number)
            """
        ) { try record($0) }.first
    }

    private func record(_ row: borrowing Row) throws -> AuditRecord {
        let group = try row.decodeIfPresent("group_name", as: String.self)
        return AuditRecord(
            id: AuditRecord.ID(service: service, number: try row.decode("id")),
            at: try row.decode("at"),
            by: try row.decode("operator"),
            action: try row.decode("action"),
            group: group.flatMap { $0.isEmpty ? nil : GroupName(rawValue: $0) },
            target: try row.decode("target"),
            details: Array(try row.decode("details", as: String.self).utf8)
        )
    }
}
