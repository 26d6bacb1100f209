import Perch
import PerchOperating

/// What a group makes of one topic: its partitions together.
struct GroupRow: Sendable {
    let group: GroupName
    let topic: TopicName
    let partitions: [GroupStatus.PartitionStatus]
    let liveWorkers: Int?
    let limit: DeclaredLimit?

    static func rows(of reports: [GroupReport]) -> [GroupRow] {
        reports.flatMap { report in
            var topics: [TopicName] = []
            for partition in report.status.partitions where topics.last != partition.partition.topic {
                topics.append(partition.partition.topic)
            }
            return topics.map { topic in
                GroupRow(
                    group: report.status.group,
                    topic: topic,
                    partitions: report.status.partitions.filter { $0.partition.topic == topic },
                    liveWorkers: report.workers.map { $0.count(where: \.isLive) },
                    limit: report.subscriptions[topic]?.limit
                )
            }
        }
    }

    /// No worker of it has ever started, so that nothing of it is behind.
    var hasNeverRun: Bool {
        liveWorkers != nil && partitions.allSatisfy { $0.checkpoint == nil && $0.isPaused != true }
    }

    var lag: Int64? { sum { $0.lag } }
    var pending: Int64? { sum { $0.pending } }
    var failed: Int64? { sum { $0.failed.map { Int64($0.failed) } } }
    var held: Int64? { sum { $0.failed.map { Int64($0.held) } } }
    var dead: Int64? { sum { $0.failed.map { Int64($0.dead) } } }

    /// The sum of the positions of its checkpoints; nil where the group's database did not tell.
    var effects: Double? {
        liveWorkers == nil ? nil : partitions.reduce(0) { $0 + Double($1.checkpoint?.position ?? 0) }
    }

    /// How long the first event that has not taken effect has waited.
    var oldestSeconds: Double? {
        if lag == 0 { return 0 }
        return partitions.compactMap(\.oldestUnprocessedAge).max().map { $0 / .seconds(1) }
    }

    private func sum(_ value: (GroupStatus.PartitionStatus) -> Int64?) -> Int64? {
        let values = partitions.compactMap(value)
        return values.count == partitions.count ? values.reduce(0, +) : nil
    }
}
