import Postgres

extension SystemReader {
    /// Looks at servers, settings, schemas, streams and groups, and says what to do about what is not as it should be.
    ///
    /// It changes nothing. What cannot be looked at is a finding too, so this never fails for a server's sake.
    public func diagnose() throws -> [Diagnosis] {
        var findings: [Diagnosis] = []
        findings += try diagnoseRedis()
        for service in system.services { findings += try diagnoseDatabase(of: service) }
        for service in system.owners { findings += try diagnoseDoor(of: service) }
        for status in try topics() { findings += diagnose(status) }
        for report in try groups()
        where report.problems.allSatisfy({ $0.server != "Postgres of \(report.status.group)" }) {
            findings += diagnose(report)
            findings += try diagnoseCheckpoints(report.status)
        }
        return findings
    }

    // MARK: Streams

    private func diagnose(_ status: TopicStatus) -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let subject = "topic \(status.topic.name)"
        for partition in status.partitions {
            if let trouble = partition.trouble {
                let facts = ["partition": "\(partition.partition)", "error": trouble]
                findings.append(Diagnosis(.problem, .partitionInTrouble, subject, facts))
            }
            guard let length = partition.length else { continue }
            if let missing = partition.missing, missing > 0 {
                findings.append(
                    .problem(
                        subject,
                        "\(partition.partition) lacks \(missing) of the entries between its first and its last",
                        "The relay of \(status.topic.owner) mends it from its log within seconds: see that it runs"
                    )
                )
            }
            if let published = partition.published, published > (partition.last?.position ?? 0) {
                findings.append(
                    .warning(
                        subject,
                        "\(partition.partition) ends at position \(partition.last?.position ?? 0), its owner has given \(published)",
                        "See that the relay of \(status.topic.owner) runs and may write to Redis; look again in a few seconds"
                    )
                )
            }
            if length == 0, partition.published ?? 0 > 0, partition.last == nil {
                findings.append(
                    .problem(
                        subject,
                        "the stream \(partition.partition) is not there, although it had \(partition.published ?? 0) events",
                        "The relay of \(status.topic.owner) makes it again from its log: see that it runs"
                    )
                )
            }
        }
        if let waiting = status.waiting, let age = status.waitingAge, waiting > 0, age > .seconds(10) {
            findings.append(
                .problem(
                    subject,
                    "\(waiting) events wait in the outbox, the first for \(Int(age.seconds)) s",
                    "Start the relay of \(status.topic.owner) (its serve process), or read in its log why it cannot append"
                )
            )
        }
        return findings.isEmpty && status.problems.isEmpty ? [.fine(subject, "no holes, nothing waits")] : findings
    }

    // MARK: Groups

    private func diagnose(_ report: GroupReport) -> [Diagnosis] {
        let group = report.status.group
        let subject = "group \(group)"
        var findings: [Diagnosis] = []
        let live = (report.workers ?? []).filter(\.isLive)
        let paused = report.status.partitions.filter { $0.isPaused == true }
        if live.isEmpty {
            findings.append(
                .problem(subject, "nobody runs it: no worker has shown life for 10 s", "Start its workers")
            )
        }
        if !paused.isEmpty {
            findings.append(
                .warning(
                    subject,
                    "\(paused.count) of \(report.status.partitions.count) partitions are paused",
                    "When the reason is gone: perch resume \(group)"
                )
            )
        }
        let unowned = report.status.partitions.filter { $0.owner == nil && $0.isPaused == false }
        if !live.isEmpty, !unowned.isEmpty {
            findings.append(
                .warning(
                    subject,
                    "\(unowned.map(\.partition.description).joined(separator: ", ")) have no owner",
                    "They get one within seconds; if not, look into the workers' log"
                )
            )
        }
        for partition in report.status.partitions where partition.lastEntry != nil && partition.pending == nil {
            findings.append(
                .warning(
                    subject,
                    "Redis has no group \(group) on \(partition.partition), so nothing of it is trimmed",
                    "Start its workers, which make it; or take it out of the contract if nobody is to read the topic"
                )
            )
        }
        findings += diagnoseLag(report, subject)
        let failures = report.status.partitions.compactMap(\.failed)
        let dead = failures.reduce(0) { $0 + $1.dead }
        if dead > 0 {
            findings.append(
                .warning(subject, "\(dead) dead letters", "perch failed list \(group) --state dead")
            )
        }
        return findings.isEmpty
            ? [.fine(subject, "\(live.count) \(live.count == 1 ? "worker" : "workers"), nothing is left behind")]
            : findings
    }

    private func diagnoseLag(_ report: GroupReport, _ subject: String) -> [Diagnosis] {
        var findings: [Diagnosis] = []
        for partition in report.status.partitions {
            if let last = partition.lastEntry, let checkpoint = partition.checkpoint, checkpoint > last {
                findings.append(
                    .problem(
                        subject,
                        "it has read \(partition.partition) up to \(checkpoint), and the stream ends at \(last)",
                        "Redis has lost its tail: the relay appends it again from its log; see that it runs"
                    )
                )
            }
            guard let age = partition.oldestUnprocessedAge, let lag = partition.lag, age > .seconds(60) else {
                continue
            }
            findings.append(
                .problem(
                    subject,
                    "\(partition.partition) is \(lag) events behind, the first has waited for \(Int(age.seconds)) s",
                    "See whether its workers run and what they log; perch replay \(report.status.group) "
                        + "\(partition.partition.topic) --pending starts them again at the checkpoint"
                )
            )
        }
        return findings
    }
}
