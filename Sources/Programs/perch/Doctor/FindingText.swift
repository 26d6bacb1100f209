import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// A finding in words: what was looked at, what was found, what to do about it.
struct FindingText {
    let subject: String
    let message: String
    /// Empty where there is nothing to do.
    let advice: String

    private init(_ subject: String, _ message: String, _ advice: String = "") {
        (self.subject, self.message, self.advice) = (subject, message, advice)
    }

    var words: FindingWords { FindingWords(subject: subject, message: message, advice: advice) }

    /// To each case its words, in the order of the cases; the compiler asks for those of a new one.
    init(_ finding: Diagnosis.Finding) {
        self =
            switch finding {
            case .serverProblem(let problem): Self(problem)

            case .redisVersion(let version): .init("redis version", version)
            case .redisTooOld(let version):
                .init("redis version", "it is \(version)", "Perch needs Redis 7.0 or newer: upgrade the server")
            case .redisKeepsAll(let policy): .init("redis eviction", policy)
            case .redisEvicts(let policy):
                .init(
                    "redis eviction",
                    "maxmemory-policy is \(policy): a full Redis drops whole streams",
                    "Set maxmemory-policy noeviction, in redis.conf or by CONFIG SET"
                )
            case .redisPersists: .init("redis persistence", "appendonly is on")
            case .redisCannotWrite:
                .init(
                    "redis persistence",
                    "the last write to disk failed: Redis may refuse what relays append",
                    "Look at the server's disk and its log"
                )
            case .redisNotPersistent:
                .init(
                    "redis persistence",
                    "appendonly is off: a restart loses what came since the last snapshot",
                    "Set appendonly yes (what is lost is mended from Postgres, after a pause)"
                )
            case .redisIsReplica:
                .init("redis role", "it is a replica, which takes no writes", "Set REDIS_URL to the primary")
            case .redisIsCluster:
                .init(
                    "redis cluster",
                    "it is a node of a cluster, and is spoken to as if it were alone: streams on other nodes are out of reach",
                    "Set REDIS_URL to redis+cluster://HOST,HOST (rediss+cluster:// through TLS), for all programs, or keep all "
                        + "streams in one slot by a namespace in braces, such as {perch}"
                )
            case .redisClusterCovered(let masters): .init("redis cluster", "\(masters) masters have all slots")
            case .redisClusterSlotsMissing(let slots):
                .init(
                    "redis cluster",
                    "\(slots) slots have no master: streams in them stand",
                    "Start the master or a replica of it; redis-cli --cluster check names them"
                )
            case .redisNodeAway(let node, let reason):
                .init(
                    "redis node",
                    "\(node) does not answer: \(reason)",
                    "Start it, or let a replica take over (CLUSTER FAILOVER)"
                )
            case .redisNodeFails(let node, let reason, let toldBy):
                reason == "cluster_state:fail"
                    ? .init(
                        "redis node",
                        "\(node) says cluster_state:fail and refuses all commands: it is cut off from most masters, or a slot has none",
                        "See that the nodes reach one another (their bus is a port of its own) and that each slot has a master"
                    )
                    : .init(
                        "redis node",
                        "\(node) is marked \(reason) by \(toldBy.joined(separator: ", "))"
                            + (reason == "fail" ? "" : ": most masters do not agree yet"),
                        "Start it; if it is gone for good: CLUSTER FORGET at each node (redis-cli --cluster del-node)"
                    )
            case .redisSlotsMoving(let slots, let from, let to):
                .init(
                    "redis slots",
                    "\(slots.count == 1 ? "slot" : "slots") \(Self.some(slots)) \(slots.count == 1 ? "is" : "are") half moved from "
                        + "\(from) to \(to): a stream in \(slots.count == 1 ? "it" : "them") may be out of reach",
                    "If nobody moves them now: `redis-cli --cluster fix \(to)` ends it"
                )
            case .redisClusterWantsAllSlots(let nodes):
                .init(
                    "redis cluster",
                    "cluster-require-full-coverage is yes at \(nodes.joined(separator: ", ")): one shard that is away stops all",
                    "Set cluster-require-full-coverage no on every node, in redis.conf or by CONFIG SET"
                )
            case .redisClusterUnknown(let reason):
                .init(
                    "redis cluster",
                    "which nodes fail and which slots move cannot be read: \(reason)",
                    "Allow +cluster|nodes to the user (ops/redis/users.acl)"
                )
            case .redisMemory(let used, let maximum):
                .init(
                    "redis memory",
                    maximum.map { "\(Self.percent(used, of: $0)) % of maxmemory" } ?? "\(used >> 20) MiB, no limit"
                )
            case .redisNearlyFull(let used, let maximum):
                .init("redis memory", "\(Self.percent(used, of: maximum)) % of maxmemory are used", Self.makeRoom)
            case .redisFull:
                .init(
                    "redis memory",
                    "it is full: it refuses what relays append, so events wait in the outbox",
                    Self.makeRoom
                )
            case .redisClock: .init("redis clock", "as here")
            case .redisClockUnknown(let reason):
                .init("redis clock", "it cannot be read: \(reason)", "Allow +time to the user")
            case .redisClockOff(let by):
                .init("redis clock", "it is \(Self.seconds(by)) off from here", "Run NTP on both machines")

            case .databaseVersion(let service, let version): .init("\(service) database", "Postgres \(version)")
            case .databaseTooOld(let service, let version):
                .init("\(service) database", "it is Postgres \(version)", "Perch needs 15 or newer")
            case .postgresTrackActivities(let service):
                .init(
                    "\(service) database",
                    "track_activities is off: a relay that is frozen stays the active one, and those that stand by cannot tell",
                    "Set track_activities on, in postgresql.conf, for the database or for the role of the relay"
                )
            case .schemaVersion(let service, let version): .init("\(service) migrations", "perch \(version)")
            case .schemaMissing(let service):
                .init(
                    "\(service) migrations",
                    "there is no schema perch",
                    "Run the migrations of \(service) (those of Perch: `perch migrate \(service)`), or correct "
                        + ServerProblem.variable(of: service)
                )
            case .schemaOlder(let service, let version, let known):
                .init(
                    "\(service) migrations",
                    "the schema perch is at version \(version), this program knows \(known)",
                    "Run the migrations of \(service)"
                )
            case .schemaNewer(let service, let version, let known):
                .init(
                    "\(service) migrations",
                    "the schema perch is at version \(version), this program knows \(known)",
                    "Use the newer release of perch"
                )
            case .databaseClockOff(let service, let by):
                .init("\(service) clock", "it is \(Self.seconds(by)) off from here", "Run NTP on both machines")
            case .roleCannotOperate(let service):
                .init(
                    "\(service) rights",
                    "this role cannot pause, replay or publish: it may not write leases, checkpoints or operations",
                    "For changes use the service's own role in \(ServerProblem.variable(of: service))"
                )
            case .foreignEntries(let service, let count, let isMore, let newest, let partition, let foundAt):
                .init(
                    "\(service) streams",
                    "\(isMore ? "more than " : "")\(Format.plural(count, "entry", many: "entries")) in them that "
                        + "\(service) has not published, set aside; the newest \(newest) of \(partition), "
                        + "found at \(foundAt)",
                    "`perch foreign \(service)` shows them; see who may write to its streams (ops/redis/users.acl)"
                )

            case .topicWell(let topic): .init("topic \(topic)", "no holes, nothing waits")
            case .topicUndeclared(let topic, let owner):
                .init(
                    "topic \(topic)",
                    "the database of \(owner) does not have it",
                    "Run the migrations of \(owner)"
                )
            case .groupsUndeclared(let topic, let partitions, let groups):
                .init(
                    "topic \(topic)",
                    "Redis has groups that the contract does not declare: "
                        + groups.map { "\($0.name) (on \($0.partitions) of \(partitions) partitions)" }
                        .joined(separator: ", "),
                    "If somebody is to read as them, add them to `groups` in streams/\(topic).yaml; else remove each, by "
                        + "XGROUP DESTROY of each of the topic's streams"
                )
            case .partitionsDiffer(let topic, let inDatabase, let inContract):
                .init(
                    "topic \(topic)",
                    "it has \(inDatabase) partitions in the database and \(inContract) in the contract",
                    "Take the contract that has \(inDatabase); or run `perch partitions \(topic) --to \(inContract)`"
                )
            case .topicHeld(let topic, let since):
                .init(
                    "topic \(topic)",
                    "it is held since \(since) for a change of its partitions: what is published waits in the outbox",
                    "If nobody is at it: run `perch partitions \(topic) --to N` again, or with N as it is to give it up"
                )
            case .eventsRefused(let service, let topic, let count, let reason):
                .init(
                    "topic \(topic)",
                    "\(Format.plural(count, "event")) of the outbox \(count == 1 ? "was" : "were") refused, the last: \(reason)",
                    "`perch refused list \(service)`; correct and retry them, or discard them"
                )
            case .outboxStranded(let service, let partition, let waiting):
                .init(
                    "topic \(partition.topic)",
                    "\(Format.plural(waiting, "event")) of the outbox \(waiting == 1 ? "waits" : "wait") for \(partition), which "
                        + "the database of \(service) does not have, and no relay looks at what says that it is checked",
                    "In that database: `UPDATE perch.outbox SET is_checked = false WHERE topic = "
                        + "'\(partition.topic.rawValue.replacing("'", with: "''"))' AND partition = \(partition.number)`; its "
                        + "relay then refuses them with the reason. Let who inserts them leave is_checked and partition out"
                )
            case .streamInTrouble(let partition, let error):
                .init(
                    "topic \(partition.topic)",
                    "\(partition) stands still, and the others go on: \(error)",
                    "Where it is another kind of key: DEL it, and its relay makes the stream again; where a right is missing: "
                        + "see ops/redis/users.acl"
                )
            case .streamHoles(let partition, let owner, let missing):
                .init(
                    "topic \(partition.topic)",
                    "\(partition) lacks \(missing) of the entries between its first and its last",
                    "The relay of \(owner) mends it from its log within seconds: see that it runs"
                )
            case .streamGone(let partition, let owner, let given):
                .init(
                    "topic \(partition.topic)",
                    "the stream \(partition) is not there, although it had \(given) events",
                    "The relay of \(owner) makes it again from its log: see that it runs"
                )
            case .streamBehind(let partition, let owner, let end, let given):
                .init(
                    "topic \(partition.topic)",
                    "\(partition) ends at position \(end), its owner has given \(given)",
                    "It moves: look again in a few seconds, and see that the relay of \(owner) keeps up"
                )
            case .relayStands(let partition, let owner, let end, let given):
                .init(
                    "topic \(partition.topic)",
                    "\(partition) stands at position \(end), although its owner has given \(given)",
                    "See that the relay of \(owner) runs and may write to Redis, and read in its log why it cannot append"
                )
            case .outboxWaits(let topic, let owner, let waiting, let oldest):
                .init(
                    "topic \(topic)",
                    "\(waiting) events wait in the outbox, the first for \(Self.seconds(oldest))",
                    "It moves: see that the relay of \(owner) keeps up"
                )
            case .outboxStands(let topic, let owner, let waiting, let oldest):
                .init(
                    "topic \(topic)",
                    "\(waiting) events wait in the outbox, and none gets its place; the first for \(Self.seconds(oldest))",
                    "Start the relay of \(owner) (its work process), or read in its log why it cannot append"
                )
            case .delayedOverdue(let topic, let owner, let delayed, let oldest):
                .init(
                    "topic \(topic)",
                    "delayed events are due and not published, the first for \(Self.seconds(oldest)); \(Format.plural(delayed, "event")) in all are delayed",
                    "Start the relay of \(owner) (its work process), or read in its log why it cannot move them"
                )

            case .groupWell(let group, let workers):
                .init("group \(group)", "\(Format.plural(workers, "worker")), nothing is left behind")
            case .groupNotRun(let group):
                .init("group \(group)", "nobody runs it: no worker has shown life for 10 s", "Start its workers")
            case .groupPaused(let group, let paused, let partitions):
                .init(
                    "group \(group)",
                    "\(paused) of \(partitions) partitions are paused",
                    "When the reason is gone: perch resume \(group)"
                )
            case .partitionsUnowned(let group, let partitions):
                .init(
                    "group \(group)",
                    "\(partitions.map(\.description).joined(separator: ", ")) "
                        + "\(partitions.count == 1 ? "has" : "have") no owner",
                    "They get one within seconds; if not, look into the workers' log"
                )
            case .partitionUnowned(let group, let partition, let lag):
                .init(
                    "group \(group)",
                    "\(partition) has no owner"
                        + (lag.map { ", and \(Format.plural($0, "event")) wait\($0 == 1 ? "s" : "")" } ?? ""),
                    "It gets one within seconds; if not, look into the workers' log"
                )
            case .groupNotInRedis(let group, let partition):
                .init(
                    "group \(group)",
                    "Redis has no group \(group) on \(partition), so nothing of it is trimmed",
                    "Start its workers, which make it; or take it out of the contract if nobody is to read the topic"
                )
            case .checkpointNotInLog(let group, let partition, let checkpoint, let entry):
                .init(
                    "group \(group)",
                    "it has handled \(checkpoint) of \(partition), which is no entry of the log: the log has \(entry) in its "
                        + "place, so the group stands still there",
                    "`perch replay \(group) \(partition.topic) --partition \(partition.number) --from \(entry)` "
                        + "(ops/runbook/checkpoint-not-in-log.md)"
                )
            case .entryMissing(let group, let partition, let owner, let checkpoint, let next):
                .init(
                    "group \(group)",
                    "\(partition) stands: the entry after the checkpoint \(checkpoint) is missing in the stream"
                        + (next.map { ", the next is \($0)" } ?? ""),
                    "The relay of \(owner) makes the stream again from its log within seconds: see that it runs, "
                        + "and what it logs"
                )
            case .streamBeforeCheckpoint(let group, let partition, let owner, let checkpoint, let end):
                .init(
                    "group \(group)",
                    "it has read \(partition) up to \(checkpoint), and the stream ends at \(end)",
                    "Redis has lost its tail: the relay of \(owner) appends it again from its log; see that it runs"
                )
            case .groupBehind(let group, let partition, let lag, let oldest):
                .init(
                    "group \(group)",
                    "\(partition) is \(lag) events behind, the first has waited for \(Self.seconds(oldest))",
                    "See whether its workers run and what they log; perch replay \(group) \(partition.topic) --pending "
                        + "starts them again at the checkpoint"
                )
            case .deadLetters(let group, let count):
                .init(
                    "group \(group)",
                    "\(Format.plural(count, "dead letter"))",
                    "perch failed list \(group) --state dead"
                )

            case .scheduleWell(let service, let schedule):
                .init("schedule \(service)/\(schedule)", "nothing is overdue")
            case .scheduleFails(let service, let schedule, let failures, let error):
                .init(
                    "schedule \(service)/\(schedule)",
                    "it has failed \(Format.plural(failures, "time")) in a row, and later ticks wait: \(Format.line(error))",
                    "Mend what it names: it is tried again, at once by `perch schedules run \(service)/\(schedule)`"
                )
            case .scheduleOverdue(let service, let schedule, let overdue):
                .init(
                    "schedule \(service)/\(schedule)",
                    "its tick has been due for \(Self.seconds(overdue)), and nobody runs it",
                    "Start the processes of \(service); if its program no longer has the schedule, "
                        + "`perch schedules forget \(service)/\(schedule)`"
                )
            case .schedulePaused(let service, let schedule, let since):
                .init(
                    "schedule \(service)/\(schedule)",
                    "it is paused since \(since)",
                    "`perch schedules resume \(service)/\(schedule)` when it is to go on"
                )
            }
    }

    private init(_ problem: ServerProblem) {
        let (message, advice) = ServerProblemWords.of(problem)
        self.init(problem.service.map { "\($0) database" } ?? "redis", message, advice)
    }

    private static let makeRoom =
        "Raise maxmemory, or shorten the retention of topics; find the group that holds trimming back"

    private static func percent(_ used: Int64, of maximum: Int64) -> Int64 {
        Int64((Double(used) / Double(max(1, maximum)) * 100).rounded(.down))
    }

    /// The first of many.
    private static func some(_ slots: [Int]) -> String {
        slots.prefix(10).map(String.init).joined(separator: ", ")
            + (slots.count > 10 ? " and \(slots.count - 10) more" : "")
    }

    private static func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }
}
