import PageKit
import Perch
import PerchOperating

extension FindingHelp {
    static func groupNotRun(_ group: GroupName) -> Self {
        .init(
            "group \(group)",
            "nobody runs it: no worker has shown life for 10 s",
            "Start its workers; \(link("workers", ["workers"], [("group", group.rawValue)])) shows those that have gone."
        )
    }

    static func groupPaused(_ group: GroupName, _ paused: Int, _ partitions: Int) -> Self {
        .init(
            "group \(group)",
            "\(paused) of \(partitions) partitions are paused",
            """
            When the reason is gone: \(link("resume \(group)", ["resume", group.rawValue])). \
            \(link("Audit", ["audit"], [("action", "pause"), ("group", group.rawValue)])) says who paused it.
            """
        )
    }

    static func partitionsUnowned(_ group: GroupName, _ partitions: [Partition]) -> Self {
        .init(
            "group \(group)",
            "\(partitions.map(\.description).joined(separator: ", ")) \(partitions.count == 1 ? "has" : "have") no owner",
            "They get one within seconds; if not, look into the workers’ log. \(Self.group(group))"
        )
    }

    static func partitionUnowned(_ group: GroupName, _ partition: Partition, _ lag: Int64?) -> Self {
        .init(
            "group \(group)",
            "\(partition) has no owner"
                + (lag.map { ", and \(Counted.text($0, "event")) wait\($0 == 1 ? "s" : "")" } ?? ""),
            "It gets one within seconds; if not, look into the workers’ log. \(Self.group(group))"
        )
    }

    static func groupNotInRedis(_ group: GroupName, _ partition: Partition) -> Self {
        .init(
            "group \(group)",
            "Redis has no group \(group) on \(partition), so nothing of it is trimmed",
            "Start its workers, which make it; or take it out of the contract if nobody is to read the topic. \(Self.group(group))"
        )
    }

    static func checkpointNotInLog(
        _ group: GroupName,
        _ partition: Partition,
        _ checkpoint: EntryID,
        _ entry: EntryID
    ) -> Self {
        let query = [("what", "from"), ("from", "\(entry)"), ("partition", "\(partition.number)")]
        return .init(
            "group \(group)",
            "it has handled \(checkpoint) of \(partition), which is no entry of the log: the log has \(entry) in its place, "
                + "so the group stands still there",
            """
            \(link("Replay from \(entry)", ["replay", group.rawValue, partition.topic.rawValue], query)). \
            See ops/runbook/checkpoint-not-in-log.md.
            """
        )
    }

    static func entryMissing(
        _ group: GroupName,
        _ partition: Partition,
        _ owner: String,
        _ checkpoint: EntryID,
        _ next: EntryID?
    ) -> Self {
        .init(
            "group \(group)",
            "\(partition) stands: the entry after the checkpoint \(checkpoint) is missing in the stream"
                + (next.map { ", the next is \($0)" } ?? ""),
            """
            The relay of \(owner) makes the stream again from its log within seconds: see that it runs, and what it logs. \
            \(topic(partition.topic))
            """
        )
    }

    static func streamBeforeCheckpoint(
        _ group: GroupName,
        _ partition: Partition,
        _ owner: String,
        _ checkpoint: EntryID,
        _ end: EntryID
    ) -> Self {
        .init(
            "group \(group)",
            "it has read \(partition) up to \(checkpoint), and the stream ends at \(end)",
            """
            Redis has lost its tail: the relay of \(owner) appends it again from its log; see that it runs. \
            \(topic(partition.topic))
            """
        )
    }

    static func groupBehind(_ group: GroupName, _ partition: Partition, _ lag: Int64, _ oldest: Duration) -> Self {
        let path = ["replay", group.rawValue, partition.topic.rawValue]
        return .init(
            "group \(group)",
            "\(partition) is \(Counted.text(lag, "event")) behind, the first has waited for \(age(oldest))",
            """
            See whether its workers run and what they log: \(Self.group(group)). \
            \(link("Restart at the checkpoints", path, [("what", "restart")])) is always safe. See ops/runbook/lag-grows.md.
            """
        )
    }

    static func deadLetters(_ group: GroupName, _ count: Int) -> Self {
        .init(
            "group \(group)",
            Counted.text(count, "dead letter"),
            """
            Correct or retry them, or discard them: \
            \(link("dead letters", ["failed"], [("group", group.rawValue), ("state", "dead")])).
            """
        )
    }

    // MARK: Schedules

    static func scheduleFails(_ service: String, _ schedule: String, _ failures: Int, _ error: String) -> Self {
        .init(
            "schedule \(service)/\(schedule)",
            "it has failed \(Counted.text(failures, "time")) in a row, and later ticks wait: \(error)",
            "Mend what it names: it is tried again, at once by \(link("a run", ["schedules", service, schedule, "run"]))."
        )
    }

    static func scheduleOverdue(_ service: String, _ schedule: String, _ overdue: Duration) -> Self {
        .init(
            "schedule \(service)/\(schedule)",
            "its tick has been due for \(age(overdue)), and nobody runs it",
            "Start the processes of \(service). \(link("Schedules", ["schedules"])) shows all that are due."
        )
    }

    static func schedulePaused(_ service: String, _ schedule: String, _ since: String) -> Self {
        .init(
            "schedule \(service)/\(schedule)",
            "it is paused since \(since)",
            "\(link("Resume it", ["schedules", service, schedule, "resume"])) when it is to go on."
        )
    }
}
