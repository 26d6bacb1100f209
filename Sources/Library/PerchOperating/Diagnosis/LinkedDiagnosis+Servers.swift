import Foundation
import Perch
import Postgres

extension LinkedDiagnosis {
    /// The settings that Perch relies on.
    func diagnoseRedis() throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let found = try links.ask(&problems) {
            switch try links.withStreams({ try $0.serverFacts() }) {
            case .one(let info): diagnose(info, isAlone: true)
            case .cluster(let masters, let uncovered): diagnose(masters, uncovered: uncovered)
            }
        }
        guard let found else { return problems.map { .problem(.serverProblem($0)) } }
        return found + (try clockFindings())
    }

    func diagnose(_ info: RedisInfo, isAlone: Bool) -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let version = info["redis_version"] ?? "unknown"
        let major = Int(version.prefix { $0 != "." }) ?? 0
        findings.append(major >= 7 ? .fine(.redisVersion(version: version)) : .problem(.redisTooOld(version: version)))
        if isAlone, info["cluster_enabled"] == "1", !links.naming.isOfOneSlot {
            findings.append(.problem(.redisIsCluster))
        }
        let policy = info["maxmemory_policy"] ?? "unknown"
        findings.append(
            policy == "noeviction" ? .fine(.redisKeepsAll(policy: policy)) : .problem(.redisEvicts(policy: policy))
        )
        if info["aof_last_write_status"] == "err" || info["rdb_last_bgsave_status"] == "err" {
            findings.append(.problem(.redisCannotWrite))
        } else {
            findings.append(info["aof_enabled"] == "1" ? .fine(.redisPersists) : .warning(.redisNotPersistent))
        }
        if info["role"] != "master" { findings.append(.problem(.redisIsReplica)) }
        return findings + [memory(info)]
    }

    private func memory(_ info: RedisInfo) -> Diagnosis {
        let (used, most) = (Int64(info["used_memory"] ?? "") ?? 0, Int64(info["maxmemory"] ?? "") ?? 0)
        guard most > 0 else { return .fine(.redisMemory(usedBytes: used, maximumBytes: nil)) }
        if used >= most { return .problem(.redisFull(usedBytes: used, maximumBytes: most)) }
        return used > most / 10 * 9
            ? .problem(.redisNearlyFull(usedBytes: used, maximumBytes: most))
            : .fine(.redisMemory(usedBytes: used, maximumBytes: most))
    }

    /// Ages and expiries go by Postgres's clock, entries' times too: a clock that is off misleads people and retention.
    private func clockFindings() throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let time = try links.ask(&problems) {
            try links.withStreams { try $0.time() }
        }
        guard let time else {
            return [.warning(.redisClockUnknown(reason: problems.first?.reason ?? "it does not tell"))]
        }
        let off = abs(time - Date().timeIntervalSince1970)
        return [off < 2 ? .fine(.redisClock) : .warning(.redisClockOff(by: .seconds(off)))]
    }

    /// A service's database: schema, version, clock, rights, topics.
    func diagnoseDatabase(of service: String) throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let found = try links.ask(&problems) {
            try links.withDatabase(of: service) { connection in
                try diagnose(try DatabaseFacts(connection), of: service)
            }
        }
        return found ?? problems.map { .problem(.serverProblem($0)) }
    }

    private func diagnose(_ facts: DatabaseFacts, of service: String) throws -> [Diagnosis] {
        let version = facts.version / 10_000
        let isEnough = facts.version >= 150_000
        var findings: [Diagnosis] = [
            isEnough
                ? .fine(.databaseVersion(service: service, version: version))
                : .problem(.databaseTooOld(service: service, version: version))
        ]
        guard let schema = facts.schema else { return findings + [.problem(.schemaMissing(service: service))] }
        let known = Migration.perch.count
        if schema == known {
            findings.append(.fine(.schemaVersion(service: service, version: schema)))
        } else {
            let finding: Diagnosis.Finding =
                schema < known
                ? .schemaOlder(service: service, version: schema, known: known)
                : .schemaNewer(service: service, version: schema, known: known)
            findings.append(.problem(finding))
        }
        if abs(facts.clockOffset) > 2 {
            findings.append(.warning(.databaseClockOff(service: service, by: .seconds(abs(facts.clockOffset)))))
        }
        if facts.hidesActivities, links.system.owners.contains(service) {
            findings.append(.warning(.postgresTrackActivities(service: service)))
        }
        if !facts.mayOperate { findings.append(.warning(.roleCannotOperate(service: service))) }
        // Where a group's state is in the owner's database both names lead there.
        if let foreign = facts.foreign, links.system.owners.contains(service) {
            findings.append(.warning(foreign.finding(service)))
        }
        for topic in contract.topics where topic.owner == service {
            let declared = facts.topics[topic.name.rawValue]
            if declared == nil { findings.append(.problem(.topicUndeclared(topic: topic.name, owner: service))) }
            if let declared, declared != topic.partitions {
                findings.append(
                    .problem(
                        .partitionsDiffer(topic: topic.name, inDatabase: declared, inContract: topic.partitions)
                    )
                )
            }
            if let since = facts.held[topic.name.rawValue] {
                findings.append(.problem(.topicHeld(topic: topic.name, since: since)))
            }
        }
        return findings
    }
}

/// What a service's database says of itself.
private struct DatabaseFacts {
    var version = 0
    /// Seconds that its clock is ahead.
    var clockOffset = 0.0
    /// The version of the schema `perch`; nil where there is none.
    var schema: Int?
    var mayOperate = true
    /// `track_activities` is off: for this session, or, as far as it may look, for one of the relays.
    var hidesActivities = false
    var topics: [String: Int] = [:]
    /// Topics whose number of partitions is being changed, and since when.
    var held: [String: Timestamp] = [:]
    var foreign: NewestForeignEntry?

    init(_ connection: PostgresConnection) throws {
        let before = Date().timeIntervalSince1970
        let rows = try connection.query(
            """
            SELECT current_setting('server_version_num')::int AS version,
                extract(epoch FROM clock_timestamp())::float8 AS now, to_regclass('perch.migrations') IS NOT NULL AS has_schema
            """
        ) { row in
            (
                Int(try row.decode("version", as: Int32.self)), try row.decode("now", as: Double.self),
                try row.decode("has_schema", as: Bool.self)
            )
        }
        guard let facts = rows.first else { return }
        version = facts.0
        clockOffset = facts.1 - (before + Date().timeIntervalSince1970) / 2
        guard facts.2 else { return }
        schema = try connection.query(
            "SELECT coalesce(max(version), 0) AS version FROM perch.migrations WHERE component = 'perch'"
        ) {
            try $0.decode("version", as: Int.self)
        }.first
        let declared = try connection.query("SELECT topic, partitions FROM perch.topics") {
            (try $0.decode("topic", as: String.self), Int(try $0.decode("partitions", as: Int32.self)))
        }
        topics = Dictionary(declared) { $1 }
        guard schema ?? 0 >= Migration.perch.count else { return }
        hidesActivities =
            try connection.query(
                """
                SELECT current_setting('track_activities') = 'off' OR EXISTS (
                    SELECT FROM perch.relays r JOIN pg_stat_activity a ON a.pid = r.backend_pid WHERE a.state = 'disabled'
                ) AS hides
                """
            ) { try $0.decode("hides", as: Bool.self) }.first ?? false
        let held = try connection.query("SELECT topic, held_at FROM perch.topics WHERE held_at IS NOT NULL") {
            (try $0.decode("topic", as: String.self), try $0.decode("held_at", as: Timestamp.self))
        }
        self.held = Dictionary(held) { $1 }
        mayOperate =
            try connection.query(
                """
                SELECT has_table_privilege('perch.operations', 'INSERT') AND has_table_privilege('perch.leases', 'UPDATE')
                    AND has_table_privilege('perch.checkpoints', 'UPDATE') AND has_table_privilege('perch.outbox', 'INSERT')
                    AS may
                """
            ) { try $0.decode("may", as: Bool.self) }.first ?? false
        foreign = try NewestForeignEntry(connection)
    }
}
