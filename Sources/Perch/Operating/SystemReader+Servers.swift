import Foundation
import Postgres
import Redis

extension SystemReader {
    /// The settings that Perch relies on.
    func diagnoseRedis() throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let found = try ask(&problems) {
            try links.withRedis { redis in
                let info = try RedisInfo(try redis.execute(RedisCommand("INFO")) { try $0.string() })
                return diagnose(info)
            }
        }
        guard let found else { return problems.map { .problem("redis", $0) } }
        return found + (try clockFindings())
    }

    private func diagnose(_ info: RedisInfo) -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let version = info["redis_version"] ?? "unknown"
        let major = Int(version.prefix { $0 != "." }) ?? 0
        findings.append(
            major >= 7
                ? .fine("redis version", version)
                : .problem("redis version", "it is \(version)", "Perch needs Redis 7.0 or newer: upgrade the server")
        )
        if info["cluster_enabled"] == "1", !system.naming.isOfOneSlot {
            findings.append(Diagnosis(.problem, .redisCluster, "redis cluster", [:]))
        }
        let policy = info["maxmemory_policy"] ?? "unknown"
        findings.append(
            policy == "noeviction"
                ? .fine("redis eviction", policy)
                : .problem(
                    "redis eviction",
                    "maxmemory-policy is \(policy): a full Redis drops whole streams",
                    "Set maxmemory-policy noeviction, in redis.conf or by CONFIG SET"
                )
        )
        let hasAOF = info["aof_enabled"] == "1"
        let wroteBadly = info["aof_last_write_status"] == "err" || info["rdb_last_bgsave_status"] == "err"
        if wroteBadly {
            findings.append(
                .problem("redis persistence", "the last write to disk failed", "Look at the server's disk and its log")
            )
        } else if !hasAOF {
            findings.append(
                .warning(
                    "redis persistence",
                    "appendonly is off: a restart loses what came since the last snapshot",
                    "Set appendonly yes (what is lost is mended from Postgres, after a pause)"
                )
            )
        } else {
            findings.append(.fine("redis persistence", "appendonly is on"))
        }
        if info["role"] != "master" {
            findings.append(
                .problem("redis role", "it is a replica, which takes no writes", "Set REDIS_URL to the primary")
            )
        }
        let (used, most) = (Int64(info["used_memory"] ?? "") ?? 0, Int64(info["maxmemory"] ?? "") ?? 0)
        if most > 0, used > most / 10 * 9 {
            findings.append(
                .problem(
                    "redis memory",
                    "\(used * 100 / most) % of maxmemory are used",
                    "Raise maxmemory, or shorten the retention of topics; find the group that holds trimming back"
                )
            )
        } else {
            let share = most > 0 ? "\(used * 100 / most) % of maxmemory" : "\(used >> 20) MiB, no limit"
            findings.append(.fine("redis memory", share))
        }
        return findings
    }

    /// Ages and expiries go by Postgres's clock, entries' times too: a clock that is off misleads people and retention.
    private func clockFindings() throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let time = try ask(&problems) {
            try links.withRedis { redis in
                try redis.execute(RedisCommand("TIME")) { reply in
                    Double(try reply.withElement(0) { try $0.string() }) ?? 0
                }
            }
        }
        guard let time else {
            return [
                .warning(
                    "redis clock",
                    "it cannot be read: \(problems.first?.message ?? "")",
                    "Allow +time to the user"
                )
            ]
        }
        let off = abs(time - Date().timeIntervalSince1970)
        return [
            off < 2
                ? .fine("redis clock", "as here")
                : .warning("redis clock", "it is \(Self.whole(off)) s off from here", "Run NTP on both machines")
        ]
    }

    /// Whole seconds of what a server has said, whatever it is.
    private static func whole(_ seconds: Double) -> Int { Int(exactly: abs(seconds).rounded(.down)) ?? .max }

    /// A service's database: schema, version, clock, rights, topics.
    func diagnoseDatabase(of service: String) throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        let found = try ask(&problems) {
            try links.withDatabase(of: service) { connection in
                try diagnose(try DatabaseFacts(connection), of: service)
            }
        }
        return found ?? problems.map { .problem("\(service) database", $0) }
    }

    private func diagnose(_ facts: DatabaseFacts, of service: String) throws -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let setting = ServerProblem.variable(of: service)
        findings.append(
            facts.version >= 150_000
                ? .fine("\(service) database", "Postgres \(facts.version / 10_000)")
                : .problem("\(service) database", "it is Postgres \(facts.version / 10_000)", "Perch needs 15 or newer")
        )
        guard let schema = facts.schema else {
            return findings + [
                .problem(
                    "\(service) migrations",
                    "there is no schema perch",
                    "Run `\(service) migrate`, or correct \(setting)"
                )
            ]
        }
        let known = Migration.perch.count
        findings.append(
            schema == known
                ? .fine("\(service) migrations", "perch \(schema)")
                : .problem(
                    "\(service) migrations",
                    "the schema perch is at version \(schema), this program knows \(known)",
                    schema < known ? "Run the migrations of \(service)" : "Use the newer release of perch"
                )
        )
        if abs(facts.clockOffset) > 2 {
            findings.append(
                .warning(
                    "\(service) clock",
                    "it is \(Self.whole(facts.clockOffset)) s off from here",
                    "Run NTP on both machines"
                )
            )
        }
        if !facts.mayOperate {
            findings.append(
                .warning(
                    "\(service) rights",
                    "this role cannot pause, replay or publish: it may not write leases, checkpoints or operations",
                    "For changes use the service's own role in \(setting)"
                )
            )
        }
        for topic in contract.topics where topic.owner == service {
            let declared = facts.topics[topic.name.rawValue]
            guard declared != topic.partitions else { continue }
            findings.append(
                .problem(
                    "topic \(topic.name)",
                    declared.map { "it has \($0) partitions in the database and \(topic.partitions) in the contract" }
                        ?? "the database of \(service) does not have it",
                    declared.map {
                        "Take the contract that has \($0); or run `perch partitions \(topic.name) --to \(topic.partitions)`"
                    } ?? "Run the migrations of \(service)"
                )
            )
        }
        for topic in contract.topics where topic.owner == service {
            guard let since = facts.held[topic.name.rawValue] else { continue }
            findings.append(
                .problem(
                    "topic \(topic.name)",
                    "it is held since \(since) for a change of its partitions: what is published waits in the outbox",
                    "If nobody is at it: run `perch partitions \(topic.name) --to N` again, or with N as it is to give it up"
                )
            )
        }
        return findings
    }
}

/// The answer of INFO.
private struct RedisInfo {
    private var values: [Substring: String] = [:]

    init(_ text: String) throws {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[line[..<colon]] = String(line[line.index(after: colon)...])
        }
    }

    subscript(name: Substring) -> String? { values[name] }
}

/// What a service's database says of itself.
private struct DatabaseFacts {
    var version = 0
    /// Seconds that its clock is ahead.
    var clockOffset = 0.0
    /// The version of the schema `perch`; nil where there is none.
    var schema: Int?
    var mayOperate = true
    var topics: [String: Int] = [:]
    /// Topics whose number of partitions is being changed, and since when.
    var held: [String: Timestamp] = [:]

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
    }
}
