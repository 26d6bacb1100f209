import PageKit
import Perch
import PerchOperating

/// A finding in words: what was looked at, what was found, and what to do about it, with the page that helps.
///
/// The words of each kind of finding are in a file of their own, by the groups that the findings have.
struct FindingHelp {
    let subject: String
    let message: String
    /// Empty where there is nothing to do.
    let advice: HTML

    init(_ subject: String, _ message: String, _ advice: HTML = .empty) {
        (self.subject, self.message, self.advice) = (subject, message, advice)
    }

    /// To each case its words, in the order of the cases; the compiler asks for those of a new one.
    init(_ finding: Diagnosis.Finding) {
        self =
            switch finding {
            case .serverProblem(let problem): .of(problem)

            case .redisVersion(let version): .init("Redis version", version)
            case .redisTooOld(let version): .redisTooOld(version)
            case .redisKeepsAll(let policy): .init("Redis eviction", policy)
            case .redisEvicts(let policy): .redisEvicts(policy)
            case .redisPersists: .init("Redis persistence", "appendonly is on")
            case .redisCannotWrite: .redisCannotWrite
            case .redisNotPersistent: .redisNotPersistent
            case .redisIsReplica: .redisIsReplica
            case .redisIsCluster: .redisIsCluster
            case .redisClusterCovered(let masters): .init("Redis cluster", "\(masters) masters have all slots")
            case .redisClusterSlotsMissing(let slots): .slotsMissing(slots)
            case .redisNodeAway(let node, let reason): .nodeAway(node, reason)
            case .redisNodeFails(let node, let reason, let toldBy): .nodeFails(node, reason, toldBy)
            case .redisSlotsMoving(let slots, let from, let to): .slotsMoving(slots, from, to)
            case .redisClusterWantsAllSlots(let nodes): .wantsAllSlots(nodes)
            case .redisClusterUnknown(let reason): .clusterUnknown(reason)
            case .redisMemory(let used, let maximum): .memory(used, maximum)
            case .redisNearlyFull(let used, let maximum): .nearlyFull(used, maximum)
            case .redisFull: .redisFull
            case .redisClock: .init("Redis clock", "as here")
            case .redisClockUnknown(let reason):
                .init("Redis clock", "it cannot be read: \(reason)", "Allow +time to the user.")
            case .redisClockOff(let by): .clockOff("Redis clock", by)

            case .databaseVersion(let service, let version): .init("\(service) database", "Postgres \(version)")
            case .databaseTooOld(let service, let version):
                .init("\(service) database", "it is Postgres \(version)", "Perch needs 15 or newer.")
            case .postgresTrackActivities(let service): .trackActivities(service)
            case .schemaVersion(let service, let version): .init("\(service) migrations", "perch \(version)")
            case .schemaMissing(let service): .schemaMissing(service)
            case .schemaOlder(let service, let version, let known): .schemaOlder(service, version, known)
            case .schemaNewer(let service, let version, let known): .schemaNewer(service, version, known)
            case .databaseClockOff(let service, let by): .clockOff("\(service) clock", by)
            case .roleCannotOperate(let service): .roleCannotOperate(service)
            case .foreignEntries(let service, let count, let isMore, let newest, let partition, let foundAt):
                .foreignEntries(service, "\(isMore ? "more than " : "")\(Counted.text(count, "entry", "entries"))")
                    .adding("the newest \(newest) of \(partition), found at \(foundAt)", see: partition.topic)

            case .topicWell(let topic): .init("topic \(topic)", "no holes, nothing waits")
            case .topicUndeclared(let topic, let owner): .topicUndeclared(topic, owner)
            case .groupsUndeclared(let topic, let partitions, let groups):
                .groupsUndeclared(topic, groups.map { "\($0.name) (on \($0.partitions) of \(partitions) partitions)" })
            case .partitionsDiffer(let topic, let inDatabase, let inContract):
                .partitionsDiffer(topic, inDatabase, inContract)
            case .topicHeld(let topic, let since): .topicHeld(topic, "\(since)")
            case .eventsRefused(let service, let topic, let count, let reason):
                .eventsRefused(service, topic, count, reason)
            case .outboxStranded(let service, let partition, let waiting): .outboxStranded(service, partition, waiting)
            case .streamInTrouble(let partition, let error): .streamInTrouble(partition, error)
            case .streamHoles(let partition, let owner, let missing): .streamHoles(partition, owner, missing)
            case .streamGone(let partition, let owner, let given): .streamGone(partition, owner, given)
            case .streamBehind(let partition, let owner, let end, let given):
                .streamBehind(partition, owner, end, given)
            case .relayStands(let partition, let owner, let end, let given): .relayStands(partition, owner, end, given)
            case .outboxWaits(let topic, let owner, let waiting, let oldest):
                .outboxWaits(topic, owner, waiting, oldest)
            case .outboxStands(let topic, let owner, let waiting, let oldest):
                .outboxStands(topic, owner, waiting, oldest)
            case .delayedOverdue(let topic, let owner, let delayed, let oldest):
                .delayedOverdue(topic, owner, delayed, oldest)

            case .groupWell(let group, let workers):
                .init("group \(group)", "\(Counted.text(workers, "worker")), nothing is left behind")
            case .groupNotRun(let group): .groupNotRun(group)
            case .groupPaused(let group, let paused, let partitions): .groupPaused(group, paused, partitions)
            case .partitionsUnowned(let group, let partitions): .partitionsUnowned(group, partitions)
            case .partitionUnowned(let group, let partition, let lag): .partitionUnowned(group, partition, lag)
            case .groupNotInRedis(let group, let partition): .groupNotInRedis(group, partition)
            case .checkpointNotInLog(let group, let partition, let checkpoint, let entry):
                .checkpointNotInLog(group, partition, checkpoint, entry)
            case .entryMissing(let group, let partition, let owner, let checkpoint, let next):
                .entryMissing(group, partition, owner, checkpoint, next)
            case .streamBeforeCheckpoint(let group, let partition, let owner, let checkpoint, let end):
                .streamBeforeCheckpoint(group, partition, owner, checkpoint, end)
            case .groupBehind(let group, let partition, let lag, let oldest):
                .groupBehind(group, partition, lag, oldest)
            case .deadLetters(let group, let count): .deadLetters(group, count)

            case .scheduleWell(let service, let schedule):
                .init("schedule \(service)/\(schedule)", "nothing is overdue")
            case .scheduleFails(let service, let schedule, let failures, let error):
                .scheduleFails(service, schedule, failures, error)
            case .scheduleOverdue(let service, let schedule, let overdue):
                .scheduleOverdue(service, schedule, overdue)
            case .schedulePaused(let service, let schedule, let since):
                .schedulePaused(service, schedule, "\(since)")
            }
    }

    // MARK: How it is written

    /// A page that helps, and its words.
    static func link(_ words: String, _ segments: [String], _ query: [(String, String?)] = []) -> HTML {
        guard let target = LinkTarget(segments, query: query) else { return HTML(words) }
        return Link(HTML(words), to: target).html
    }

    static func topic(_ name: TopicName) -> HTML { link("\(name)", ["topics", name.rawValue]) }

    static func group(_ name: GroupName) -> HTML { link("\(name)", ["groups", name.rawValue]) }

    /// How old something is: whole seconds below two minutes, then the largest unit.
    static func age(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        return seconds < 120 ? "\(seconds) s" : PageClock.words(duration)
    }

}
