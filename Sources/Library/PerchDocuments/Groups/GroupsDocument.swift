import Perch
package import PerchOperating

/// Groups as JSON.
package struct GroupsDocument: Encodable {
    let groups: [Group]
    let problems: [ProblemDocument]

    struct Group: Encodable {
        /// `name` from before every document that is about a group said `group`.
        let name, group, topic, state: String
        let lag: Int64?
        let oldestSeconds: Double?
        let pending, failed, held, dead: Int64?
        let workers: Int?
        let isIdempotent, hasReset: Bool?
        let limit: Limit?
        let partitions: [Partition]
    }

    /// What its handlers may do at most.
    struct Limit: Encodable {
        let name: String
        let perSecond: Double?
        let atATime: Int?
        /// Events wait in the stream for it.
        let isWaitedFor: Bool

        init(_ declared: DeclaredLimit) {
            name = declared.limit.name.rawValue
            perSecond = declared.limit.perSecond
            atATime = declared.limit.atATime
            isWaitedFor = declared.isWaitedFor
        }
    }

    struct Partition: Encodable {
        let number: Int
        let checkpoint, lastId, owner: String?
        let isPaused: Bool?
        let lag: Int64?
        let lagIsFromLog: Bool?
        let oldestSeconds: Double?
        let pending: Int64?
        let failed, held, dead: Int?
    }

    package init(_ reports: [GroupReport], _ problems: [ProblemDocument]) {
        groups = reports.flatMap { report in
            GroupLine.lines(of: report).map { line in
                Group(
                    name: line.group.rawValue,
                    group: line.group.rawValue,
                    topic: line.topic.rawValue,
                    state: line.state.words,
                    lag: line.lag,
                    oldestSeconds: line.oldest?.rounded,
                    pending: line.pending,
                    failed: line.failed,
                    held: line.held,
                    dead: line.dead,
                    workers: line.liveWorkers,
                    isIdempotent: report.subscriptions[line.topic]?.isIdempotent,
                    hasReset: report.subscriptions[line.topic]?.hasReset,
                    limit: line.limit.map(Limit.init),
                    partitions: line.partitions.map(Partition.init)
                )
            }
        }
        self.problems = problems
    }
}

extension GroupsDocument.Partition {
    init(_ status: GroupStatus.PartitionStatus) {
        self.init(
            number: status.partition.number.rawValue,
            checkpoint: status.checkpoint?.description,
            lastId: status.lastEntry?.description,
            owner: status.owner,
            isPaused: status.isPaused,
            lag: status.lag,
            lagIsFromLog: status.isLagFromLog ? true : nil,
            oldestSeconds: status.oldestUnprocessedAge?.rounded,
            pending: status.pending,
            failed: status.failed?.failed,
            held: status.failed?.held,
            dead: status.failed?.dead
        )
    }
}
