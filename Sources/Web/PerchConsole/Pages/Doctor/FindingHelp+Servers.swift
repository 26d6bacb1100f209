import PageKit
import Perch
import PerchOperating

extension FindingHelp {
    static func of(_ problem: ServerProblem) -> Self {
        let help = ServerProblemHelp(problem)
        return .init(help.server, help.message, HTML(help.advice))
    }

    static func clockOff(_ subject: String, _ by: Duration) -> Self {
        .init(subject, "it is \(age(by)) off from here", "Run NTP on both machines.")
    }

    // MARK: Redis

    static func redisTooOld(_ version: String) -> Self {
        .init("Redis version", "it is \(version)", "Perch needs Redis 7.0 or newer: upgrade the server.")
    }

    static func redisEvicts(_ policy: String) -> Self {
        .init(
            "Redis eviction",
            "maxmemory-policy is \(policy): a full Redis drops whole streams",
            "Set maxmemory-policy noeviction, in redis.conf or by CONFIG SET."
        )
    }

    static let redisCannotWrite = Self(
        "Redis persistence",
        "the last write to disk failed: Redis may refuse what relays append",
        "Look at the server’s disk and its log."
    )

    static let redisNotPersistent = Self(
        "Redis persistence",
        "appendonly is off: a restart loses what came since the last snapshot",
        "Set appendonly yes. What is lost is mended from Postgres, after a pause."
    )

    static let redisIsReplica = Self(
        "Redis role",
        "it is a replica, which takes no writes",
        "Set REDIS_URL to the primary, for all programs."
    )

    static let redisIsCluster = Self(
        "Redis cluster",
        "it is a node of a cluster, and is spoken to as if it were alone: streams on other nodes are out of reach",
        """
        Set REDIS_URL to redis+cluster://HOST,HOST for all programs, or keep all streams in one slot by a namespace in braces. \
        \(link("What this console has", ["settings"])).
        """
    )

    static func slotsMissing(_ slots: Int) -> Self {
        .init(
            "Redis cluster",
            "\(Counted.text(slots, "slot")) without a master: streams in them stand",
            "Start the master or a replica of it; redis-cli --cluster check names them."
        )
    }

    static func nodeAway(_ node: String, _ reason: String) -> Self {
        .init(
            "Redis node",
            "\(node) does not answer: \(reason)",
            "Start it, or let a replica take over by CLUSTER FAILOVER."
        )
    }

    static func nodeFails(_ node: String, _ reason: String, _ toldBy: [String]) -> Self {
        reason == "cluster_state:fail"
            ? .init(
                "Redis node",
                "\(node) says cluster_state:fail and refuses all commands: it is cut off from most masters, or a slot has none",
                "See that the nodes reach one another (their bus is a port of its own) and that each slot has a master."
            )
            : .init(
                "Redis node",
                "\(node) is marked \(reason) by \(toldBy.joined(separator: ", "))"
                    + (reason == "fail" ? "" : ": most masters do not agree yet"),
                "Start it; if it is gone for good: CLUSTER FORGET at each node."
            )
    }

    static func slotsMoving(_ slots: [Int], _ from: String, _ to: String) -> Self {
        let shown = slots.prefix(10).map { String($0) }.joined(separator: ", ") + (slots.count > 10 ? " …" : "")
        return .init(
            "Redis slots",
            "half moved from \(from) to \(to): \(shown); streams in them may be out of reach",
            "If nobody moves them now, redis-cli --cluster fix \(to) ends it."
        )
    }

    static func wantsAllSlots(_ nodes: [String]) -> Self {
        .init(
            "Redis cluster",
            "cluster-require-full-coverage is yes at \(nodes.joined(separator: ", ")): one shard that is away stops all",
            "Set cluster-require-full-coverage no on every node."
        )
    }

    static func clusterUnknown(_ reason: String) -> Self {
        .init(
            "Redis cluster",
            "which nodes fail and which slots move cannot be read: \(reason)",
            "Allow +cluster|nodes to the user (ops/redis/users.acl)."
        )
    }

    static func memory(_ used: Int64, _ maximum: Int64?) -> Self {
        .init(
            "Redis memory",
            maximum.map { "\(percent(used, of: $0)) % of maxmemory" } ?? "\(NumberText.count(used >> 20)) MiB, no limit"
        )
    }

    static func nearlyFull(_ used: Int64, _ maximum: Int64) -> Self {
        .init("Redis memory", "\(percent(used, of: maximum)) % of maxmemory are used", makeRoom)
    }

    static var redisFull: Self {
        .init(
            "Redis memory",
            "it is full: it refuses what relays append, so events wait in the outbox",
            makeRoom
        )
    }

    private static var makeRoom: HTML {
        """
        Raise maxmemory, or shorten what is kept. A group that is behind holds trimming back: \
        \(link("groups", ["groups"])), \(link("topics", ["topics"])). See ops/runbook/redis-full.md.
        """
    }

    private static func percent(_ used: Int64, of maximum: Int64) -> Int64 {
        maximum > 0 ? Int64(clamping: Double(used) / Double(maximum) * 100) : 100
    }

    // MARK: A service's database

    static func trackActivities(_ service: String) -> Self {
        .init(
            "\(service) database",
            "track_activities is off: a relay that is frozen stays the active one, and those that stand by cannot tell",
            "Set track_activities on, in postgresql.conf, for the database or for the role of the relay."
        )
    }

    static func schemaMissing(_ service: String) -> Self {
        .init(
            "\(service) migrations",
            "there is no schema perch",
            """
            Run the migrations of \(service), or correct \(ServerProblem.variable(of: service)). \
            \(link("What this console has", ["settings"])).
            """
        )
    }

    static func schemaOlder(_ service: String, _ version: Int, _ known: Int) -> Self {
        .init(
            "\(service) migrations",
            "the schema perch is at version \(version), this program knows \(known)",
            "Run the migrations of \(service)."
        )
    }

    static func schemaNewer(_ service: String, _ version: Int, _ known: Int) -> Self {
        .init(
            "\(service) migrations",
            "the schema perch is at version \(version), this program knows \(known)",
            "Use the newer release of the console."
        )
    }

    static func roleCannotOperate(_ service: String) -> Self {
        .init(
            "\(service) rights",
            "this role cannot pause, replay or publish: it may not write leases, checkpoints or operations",
            "For changes use the service’s own role in \(ServerProblem.variable(of: service))."
        )
    }
}
