package import Perch
package import Postgres

extension Diagnosis {
    /// What a diagnosis can find. A case is a code for programs, `redisEvicts` is `redis-evicts`, and its labels name its facts.
    ///
    /// A new finding is a case here, where it is found, and its words in the tool's `FindingText`, which the compiler asks for.
    /// A name that was released stays.
    package enum Finding: Sendable, Hashable {
        // MARK: Any server

        case serverProblem(ServerProblem)

        // MARK: Redis

        case redisVersion(version: String)
        case redisTooOld(version: String)
        case redisKeepsAll(policy: String)
        case redisEvicts(policy: String)
        case redisPersists
        case redisCannotWrite
        case redisNotPersistent
        case redisIsReplica
        /// It is spoken to as if it were alone, and the streams lie on several nodes.
        case redisIsCluster
        /// Every slot of the cluster has a master.
        case redisClusterCovered(masters: Int)
        /// So many slots have none: their streams stand.
        case redisClusterSlotsMissing(slots: Int)
        /// A master of the cluster does not answer.
        case redisNodeAway(node: String, reason: String)
        /// A node that says itself that the cluster is not (`cluster_state:fail`), or is held for gone by all (`fail`) or by those that tell it
        /// (`pfail`). An old master whose replica took over is one too.
        case redisNodeFails(node: String, reason: String, toldBy: [String])
        /// Half moved: some of their keys are at one node, some at the other.
        case redisSlotsMoving(slots: [Int], from: String, to: String)
        /// These nodes refuse all commands as soon as one slot has no master.
        case redisClusterWantsAllSlots(nodes: [String])
        /// Which nodes fail and which slots move cannot be looked at.
        case redisClusterUnknown(reason: String)
        case redisMemory(usedBytes: Int64, maximumBytes: Int64?)
        case redisNearlyFull(usedBytes: Int64, maximumBytes: Int64)
        /// It refuses what relays append.
        case redisFull(usedBytes: Int64, maximumBytes: Int64)
        case redisClock
        case redisClockUnknown(reason: String)
        case redisClockOff(by: Duration)

        // MARK: A service's database

        case databaseVersion(service: String, version: Int)
        case databaseTooOld(service: String, version: Int)
        /// By it a relay that stands by knows that the one that leads is frozen.
        case postgresTrackActivities(service: String)
        case schemaVersion(service: String, version: Int)
        case schemaMissing(service: String)
        case schemaOlder(service: String, version: Int, known: Int)
        case schemaNewer(service: String, version: Int, known: Int)
        case databaseClockOff(service: String, by: Duration)
        case roleCannotOperate(service: String)
        /// Counted up to a bound.
        case foreignEntries(
            service: String,
            count: Int,
            isMore: Bool,
            newest: String,
            partition: Partition,
            foundAt: Timestamp
        )

        // MARK: Topics

        case topicWell(topic: TopicName)
        case topicUndeclared(topic: TopicName, owner: String)
        /// In Redis; nothing waits for them, so what they have not read may be trimmed.
        case groupsUndeclared(topic: TopicName, partitions: Int, groups: [StrayGroup])
        case partitionsDiffer(topic: TopicName, inDatabase: Int, inContract: Int)
        case topicHeld(topic: TopicName, since: Timestamp)
        /// They got no position. `count` is at most 10,000; `reason` is that of the last.
        case eventsRefused(service: String, topic: TopicName, count: Int, reason: String)
        /// The database does not have the partition, and whoever has inserted them says that they were looked at.
        case outboxStranded(service: String, partition: Partition, waiting: Int)
        /// Redis does not let it be looked at, while others can be.
        case streamInTrouble(partition: Partition, error: String)
        case streamHoles(partition: Partition, owner: String, missing: Int64)
        case streamGone(partition: Partition, owner: String, given: Position)
        /// Positions that were given a second ago are not in the stream; it came nearer.
        case streamBehind(partition: Partition, owner: String, end: Position, given: Position)
        /// The same, and the stream did not move.
        case relayStands(partition: Partition, owner: String, end: Position, given: Position)
        case outboxWaits(topic: TopicName, owner: String, waiting: Int, oldest: Duration)
        /// Nothing of it was given a position while one looked.
        case outboxStands(topic: TopicName, owner: String, waiting: Int, oldest: Duration)
        /// No relay has moved what is due. `delayed` are all that wait, due or not.
        case delayedOverdue(topic: TopicName, owner: String, delayed: Int, oldest: Duration)

        // MARK: Groups

        case groupWell(group: GroupName, workers: Int)
        case groupNotRun(group: GroupName)
        case groupPaused(group: GroupName, paused: Int, partitions: Int)
        /// None of them has anything to do yet.
        case partitionsUnowned(group: GroupName, partitions: [Partition])
        case partitionUnowned(group: GroupName, partition: Partition, lag: Int64?)
        case groupNotInRedis(group: GroupName, partition: Partition)
        /// `entry` is what the owner's log has in its place.
        case checkpointNotInLog(group: GroupName, partition: Partition, checkpoint: EntryID, entry: EntryID)
        /// Its worker cannot go on: what comes next is not in the stream. `next` is what comes after the gap.
        case entryMissing(group: GroupName, partition: Partition, owner: String, checkpoint: EntryID, next: EntryID?)
        case streamBeforeCheckpoint(
            group: GroupName,
            partition: Partition,
            owner: String,
            checkpoint: EntryID,
            end: EntryID
        )
        case groupBehind(group: GroupName, partition: Partition, lag: Int64, oldest: Duration)
        case deadLetters(group: GroupName, count: Int)

        // MARK: Schedules

        case scheduleWell(service: String, schedule: String)
        /// Its tick is tried again and again, and later ones wait. From the third failure in a row on a problem.
        case scheduleFails(service: String, schedule: String, failures: Int, error: String)
        /// Its tick is due, and nobody has begun it.
        case scheduleOverdue(service: String, schedule: String, overdue: Duration)
        case schedulePaused(service: String, schedule: String, since: Timestamp)
    }
}
