import Perch

/// `SystemDiagnosis`, on the thread of the links.
struct LinkedDiagnosis {
    let links: SystemLinks

    var contract: Contract { links.contract }

    /// What moves: it is looked at twice where something is on its way.
    struct Look: Sendable {
        let topics: [TopicStatus]
        let reports: [GroupReport]

        var isMoving: Bool { topics.contains(where: \.isBehind) || reports.contains(where: { !$0.gaps.isEmpty }) }
    }

    /// Servers, settings, schemas and schedules.
    func servers() throws -> [Diagnosis] {
        var findings = try diagnoseRedis()
        for service in links.system.servicesWithDatabases { findings += try diagnoseDatabase(of: service) }
        for service in links.system.owners { findings += try diagnoseRefused(of: service) }
        findings += try diagnoseSchedules()
        return findings
    }

    func look() throws -> Look {
        let status = LinkedStatus(links: links)
        return Look(topics: try status.topics { _ in true }, reports: try status.groups())
    }

    /// Streams and groups, as they were found and as they were found later.
    func findings(_ first: Look, later second: Look) throws -> [Diagnosis] {
        var findings: [Diagnosis] = []
        for (status, later) in zip(first.topics, second.topics) { findings += diagnose(later, before: status) }
        findings += try strayGroups()
        for (report, later) in zip(first.reports, second.reports)
        where later.problems.allSatisfy({ $0.service != later.status.group.rawValue }) {
            findings += diagnose(later, before: report)
            findings += try diagnoseCheckpoints(later.status)
        }
        return findings
    }

    // MARK: Streams

    private func diagnose(_ status: TopicStatus, before: TopicStatus) -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let owner = status.topic.owner
        for (partition, earlier) in zip(status.partitions, before.partitions) {
            if let trouble = partition.trouble {
                findings.append(.problem(.streamInTrouble(partition: partition.partition, error: trouble)))
            }
            guard let length = partition.length else { continue }
            let place = partition.partition
            if let missing = partition.missing, missing > 0 {
                findings.append(.problem(.streamHoles(partition: place, owner: owner, missing: missing)))
            }
            // Where events flow there are always some on their way: behind is what did not come within that second.
            let end = partition.last?.position ?? 0
            if let given = partition.published, let before = earlier.published, end < before {
                findings.append(
                    earlier.last == partition.last
                        ? .problem(.relayStands(partition: place, owner: owner, end: end, given: given))
                        : .warning(.streamBehind(partition: place, owner: owner, end: end, given: given))
                )
            }
            if let given = partition.published, given > 0, length == 0, partition.last == nil {
                findings.append(.problem(.streamGone(partition: place, owner: owner, given: given)))
            }
        }
        if let waiting = status.waiting, let oldest = status.waitingAge, waiting > 0 {
            let topic = status.topic.name
            let isStanding =
                before.waiting ?? 0 > 0 && before.partitions.map(\.published) == status.partitions.map(\.published)
            if isStanding {
                findings.append(
                    .problem(.outboxStands(topic: topic, owner: owner, waiting: waiting, oldest: oldest))
                )
            } else if oldest > .seconds(10) {
                findings.append(.problem(.outboxWaits(topic: topic, owner: owner, waiting: waiting, oldest: oldest)))
            }
        }
        if let overdue = status.overdue, overdue > .seconds(10) {
            findings.append(
                .problem(
                    .delayedOverdue(
                        topic: status.topic.name,
                        owner: owner,
                        delayed: status.delayed ?? 0,
                        oldest: overdue
                    )
                )
            )
        }
        return findings.isEmpty && status.problems.isEmpty ? [.fine(.topicWell(topic: status.topic.name))] : findings
    }

    // MARK: Groups

    private func diagnose(_ report: GroupReport, before: GroupReport) -> [Diagnosis] {
        let group = report.status.group
        var findings: [Diagnosis] = []
        let live = (report.workers ?? []).filter(\.isLive)
        let paused = report.status.partitions.filter { $0.isPaused == true }
        if live.isEmpty { findings.append(.problem(.groupNotRun(group: group))) }
        if !paused.isEmpty {
            let all = report.status.partitions.count
            findings.append(.warning(.groupPaused(group: group, paused: paused.count, partitions: all)))
        }
        if !live.isEmpty { findings += diagnoseOwners(report) }
        for partition in report.status.partitions where partition.lastEntry != nil && partition.pending == nil {
            findings.append(.warning(.groupNotInRedis(group: group, partition: partition.partition)))
        }
        let earlier = Set(before.gaps)
        for gap in report.gaps where earlier.contains(gap) {
            findings.append(.problem(gap.finding(group, owner: owner(of: gap.partition))))
        }
        findings += diagnoseLag(report)
        let dead = report.status.partitions.compactMap(\.failed).reduce(0) { $0 + $1.dead }
        if dead > 0 { findings.append(.warning(.deadLetters(group: group, count: dead))) }
        return findings.isEmpty ? [.fine(.groupWell(group: group, workers: live.count))] : findings
    }

    /// Where workers live, each partition gets an owner within seconds; meanwhile nobody works off what is there.
    private func diagnoseOwners(_ report: GroupReport) -> [Diagnosis] {
        let group = report.status.group
        let unowned = report.status.partitions.filter { $0.owner == nil && $0.isPaused == false }
        let idle = unowned.filter { $0.lag == 0 }.map(\.partition)
        let findings = unowned.filter { $0.lag != 0 }.map {
            Diagnosis.problem(.partitionUnowned(group: group, partition: $0.partition, lag: $0.lag))
        }
        return idle.isEmpty ? findings : findings + [.warning(.partitionsUnowned(group: group, partitions: idle))]
    }

    private func diagnoseLag(_ report: GroupReport) -> [Diagnosis] {
        let group = report.status.group
        var findings: [Diagnosis] = []
        for partition in report.status.partitions {
            let place = partition.partition
            if let end = partition.lastEntry, let checkpoint = partition.checkpoint, checkpoint > end {
                findings.append(
                    .problem(
                        .streamBeforeCheckpoint(
                            group: group,
                            partition: place,
                            owner: owner(of: place),
                            checkpoint: checkpoint,
                            end: end
                        )
                    )
                )
            }
            if let oldest = partition.oldestUnprocessedAge, let lag = partition.lag, oldest > .seconds(60) {
                findings.append(
                    .problem(.groupBehind(group: group, partition: place, lag: lag, oldest: oldest))
                )
            }
        }
        return findings
    }

    private func owner(of partition: Partition) -> String { contract.topic(partition.topic)?.owner ?? "" }
}

extension TopicStatus {
    /// Something is committed and not in its stream.
    fileprivate var isBehind: Bool { waiting ?? 0 > 0 || partitions.contains(where: \.isBehind) }
}

extension TopicStatus.PartitionStatus {
    fileprivate var isBehind: Bool { length != nil && published ?? 0 > last?.position ?? 0 }
}

/// The entry after a checkpoint is not in the stream, although later ones are or were: the group's worker stands.
private struct Gap: Hashable {
    let partition: Partition
    let checkpoint: EntryID
    let next: EntryID?

    func finding(_ group: GroupName, owner: String) -> Diagnosis.Finding {
        .entryMissing(group: group, partition: partition, owner: owner, checkpoint: checkpoint, next: next)
    }
}

extension GroupReport {
    /// A checkpoint that moved between the two servers' answers makes one too; it is gone at the second look.
    fileprivate var gaps: [Gap] {
        status.partitions.compactMap { partition in
            guard let checkpoint = partition.checkpoint, let last = partition.lastEntry, checkpoint < last,
                partition.nextEntry.map({ $0.position - 1 }) != checkpoint.position
            else { return nil }
            return Gap(partition: partition.partition, checkpoint: checkpoint, next: partition.nextEntry)
        }
    }
}
