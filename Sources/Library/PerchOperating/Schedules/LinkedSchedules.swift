import FoundationEssentials
import Perch
import Postgres

/// `Schedules`, on the thread of the links.
struct LinkedSchedules {
    let links: SystemLinks

    func all() throws -> (schedules: [ScheduleStatus], problems: [ServerProblem]) {
        var problems: [ServerProblem] = []
        let found = try links.system.servicesWithDatabases.flatMap { service in
            try links.ask(&problems) { try schedules(of: service) } ?? []
        }
        return (found, problems)
    }

    /// In order. Empty where the database has no such table yet: that it lacks migrations is told elsewhere.
    func schedules(of service: String) throws -> [ScheduleStatus] {
        try links.withDatabase(of: service) { connection in
            guard try connection.hasSchedules else { return [] }
            return try connection.query(
                """
                -- Whoever runs one has this lock for as long, beside that of the row, which nobody can see.
                SELECT s.*, clock_timestamp() AS now, EXISTS (
                    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                    WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.objsubid = 2 AND l.granted
                        AND l.classid = (hashtext('perch.schedules')::bigint & 4294967295)::oid
                        AND l.objid = (hashtext(s.service || '/' || s.name)::bigint & 4294967295)::oid
                ) AS is_running
                FROM perch.schedules s
                WHERE s.service = \(service) ORDER BY s.name
                """
            ) { try Self.status($0) }
        }
    }

    private static func status(_ row: borrowing Row) throws -> ScheduleStatus {
        let now = try row.decode("now", as: Timestamp.self)
        let next = try row.decodeIfPresent("next_tick", as: Timestamp.self)
        let paused = try row.decodeIfPresent("paused_at", as: Timestamp.self)
        let requested = try row.decodeIfPresent("requested_at", as: Timestamp.self)
        let failures = Int(try row.decode("failures", as: Int32.self))
        let overdue = next.flatMap { $0 <= now && paused == nil ? now - $0 : nil }
        let state: ScheduleStatus.State =
            if try row.decode("is_running", as: Bool.self) {
                .running
            } else if failures > 0, paused == nil || requested != nil {
                .failing
            } else if paused != nil {
                .paused
            } else if overdue != nil {
                .due
            } else {
                next == nil ? .ended : .waiting
            }
        return ScheduleStatus(
            service: try row.decode("service"),
            name: try row.decode("name"),
            recurrence: try row.decode("recurrence"),
            timeZone: try row.decode("time_zone"),
            missed: try row.decode("missed"),
            state: state,
            lastTick: try row.decodeIfPresent("last_tick"),
            lastRunAt: try row.decodeIfPresent("last_run_at"),
            nextTick: next,
            overdue: overdue,
            requestedAt: requested,
            pausedAt: paused,
            failures: failures,
            lastError: try row.decodeIfPresent("last_error"),
            failedAt: try row.decodeIfPresent("failed_at"),
            retryAt: try row.decodeIfPresent("retry_at")
        )
    }

    // MARK: Changing

    func find(_ schedule: String) throws -> ScheduleStatus {
        let (found, problems) = try all()
        let meant = found.filter { $0.name == schedule || "\($0.service)/\($0.name)" == schedule }
        guard let first = meant.first else {
            if let problem = problems.first { throw problem }
            throw OperationRefused(reason: "no service has a schedule \(schedule)", advice: .seeSchedules)
        }
        guard meant.count == 1 else {
            let names = meant.map { "\($0.service)/\($0.name)" }.joined(separator: ", ")
            throw OperationRefused(reason: "\(schedule) may be one of \(names)", advice: .seeSchedules)
        }
        return first
    }

    /// - Parameter body: Whether it changed something; only that is recorded.
    func change(
        _ action: String,
        _ schedule: String,
        by: String,
        _ operation: UUID?,
        _ body: (borrowing Transaction, _ service: String, _ name: String) throws -> Bool
    ) throws -> Bool {
        let found = try find(schedule)
        let (service, name) = (found.service, found.name)
        return try links.withDatabase(of: service) { connection in
            try connection.transaction { tx in
                guard try body(tx, service, name) else { return false }
                try OperatingStore(connection: connection)
                    .record(
                        action,
                        by: by,
                        of: nil,
                        target: "\(service)/\(name)",
                        details: [String: String](),
                        operation: operation,
                        in: tx
                    )
                return true
            }
        }
    }
}

extension PostgresConnection {
    fileprivate var hasSchedules: Bool {
        get throws {
            try query("SELECT to_regclass('perch.schedules') IS NOT NULL AS is_there") {
                try $0.decode("is_there", as: Bool.self)
            } == [true]
        }
    }
}
