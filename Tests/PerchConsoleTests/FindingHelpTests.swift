import PageKit
import Perch
import PerchOperating
import Testing
import Times

@testable import PerchConsole

@Suite struct FindingHelpTests {
    private static let partition = Partition("orders", PartitionNumber(rawValue: 1))
    private static let id = EntryID(milliseconds: 1_763_836_200_123, position: 42)

    private static let findings: [Diagnosis.Finding] = [
        .serverProblem(ServerProblem(kind: .unreachable, service: "shop", reason: "connection refused")),
        .redisTooOld(version: "6.2"), .redisEvicts(policy: "allkeys-lru"), .redisCannotWrite, .redisNotPersistent,
        .redisIsReplica, .redisIsCluster, .redisClusterSlotsMissing(slots: 3),
        .redisNodeAway(node: "a:1", reason: "refused"), .redisNodeFails(node: "a:1", reason: "fail", toldBy: ["b:1"]),
        .redisNodeFails(node: "a:1", reason: "cluster_state:fail", toldBy: []),
        .redisSlotsMoving(slots: [1], from: "a:1", to: "b:1"), .redisClusterWantsAllSlots(nodes: ["a:1"]),
        .redisClusterUnknown(reason: "no permission"), .redisNearlyFull(usedBytes: 9, maximumBytes: 10),
        .redisFull(usedBytes: 10, maximumBytes: 10), .redisClockUnknown(reason: "no permission"),
        .redisClockOff(by: .seconds(9)), .databaseTooOld(service: "shop", version: 14),
        .postgresTrackActivities(service: "shop"), .schemaMissing(service: "shop"),
        .schemaOlder(service: "shop", version: 1, known: 2), .schemaNewer(service: "shop", version: 3, known: 2),
        .databaseClockOff(service: "shop", by: .seconds(9)), .roleCannotOperate(service: "shop"),
        .foreignEntries(service: "shop", count: 1, isMore: false, newest: "1-1", partition: partition, foundAt: .now),
        .topicUndeclared(topic: "orders", owner: "shop"),
        .groupsUndeclared(topic: "orders", partitions: 4, groups: []),
        .partitionsDiffer(topic: "orders", inDatabase: 4, inContract: 8), .topicHeld(topic: "orders", since: .now),
        .eventsRefused(service: "shop", topic: "orders", count: 1, reason: "no key"),
        .outboxStranded(service: "shop", partition: partition, waiting: 1),
        .streamInTrouble(partition: partition, error: "WRONGTYPE"),
        .streamHoles(partition: partition, owner: "shop", missing: 1),
        .streamGone(partition: partition, owner: "shop", given: 1),
        .streamBehind(partition: partition, owner: "shop", end: 1, given: 2),
        .relayStands(partition: partition, owner: "shop", end: 1, given: 2),
        .outboxWaits(topic: "orders", owner: "shop", waiting: 1, oldest: .seconds(9)),
        .outboxStands(topic: "orders", owner: "shop", waiting: 1, oldest: .seconds(9)),
        .delayedOverdue(topic: "orders", owner: "shop", delayed: 1, oldest: .seconds(9)),
        .groupNotRun(group: "billing"), .groupPaused(group: "billing", paused: 1, partitions: 4),
        .partitionsUnowned(group: "billing", partitions: [partition]),
        .partitionUnowned(group: "billing", partition: partition, lag: 1),
        .groupNotInRedis(group: "billing", partition: partition),
        .checkpointNotInLog(group: "billing", partition: partition, checkpoint: id, entry: id),
        .entryMissing(group: "billing", partition: partition, owner: "shop", checkpoint: id, next: nil),
        .streamBeforeCheckpoint(group: "billing", partition: partition, owner: "shop", checkpoint: id, end: id),
        .groupBehind(group: "billing", partition: partition, lag: 1, oldest: .seconds(9)),
        .deadLetters(group: "billing", count: 1),
        .scheduleFails(service: "shop", schedule: "pay-day", failures: 3, error: "no money"),
        .scheduleOverdue(service: "shop", schedule: "pay-day", overdue: .seconds(9)),
        .schedulePaused(service: "shop", schedule: "pay-day", since: .now),
    ]

    @Test(arguments: findings) func whatIsNotAsItShouldBeSaysWhatHelpsAndNoFlagOfACommand(finding: Diagnosis.Finding) {
        let help = FindingHelp(finding)
        #expect(!help.subject.isEmpty && !help.message.isEmpty && !help.advice.isEmpty)
        #expect(!help.advice.markup.contains("perch "), "\(help.advice.markup)")
    }

    @Test func whatAStrangerWroteIsNoMarkup() {
        let help = FindingHelp(.scheduleFails(service: "shop", schedule: "<b>", failures: 3, error: "<i>"))
        #expect(!help.advice.markup.contains("<b>") && help.message.contains("<i>"))
    }
}
