package import Perch
package import PerchOperating

/// What a group makes of one topic: its partitions together.
package struct GroupLine: Sendable {
    package let group: GroupName
    package let topic: TopicName
    package let partitions: [GroupStatus.PartitionStatus]
    /// Nil: not known.
    package let liveWorkers: Int?
    /// Nil: it has none, as far as is known.
    package let limit: DeclaredLimit?

    package static func lines(of report: GroupReport) -> [GroupLine] {
        let topics = report.status.partitions.map(\.partition.topic).reduce(into: [TopicName]()) {
            if $0.last != $1 { $0.append($1) }
        }
        return topics.map { topic in
            GroupLine(
                group: report.status.group,
                topic: topic,
                partitions: report.status.partitions.filter { $0.partition.topic == topic },
                liveWorkers: report.workers.map { $0.count(where: \.isLive) },
                limit: report.subscriptions[topic]?.limit
            )
        }
    }

    package var lag: Int64? { sum(\.lag) }
    package var pending: Int64? { sum(\.pending) }
    package var oldest: Duration? { partitions.compactMap(\.oldestUnprocessedAge).max() }
    package var failed: Int64? { sum { $0.failed.map { Int64($0.failed) } } }
    package var held: Int64? { sum { $0.failed.map { Int64($0.held) } } }
    package var dead: Int64? { sum { $0.failed.map { Int64($0.dead) } } }
    package var isPaused: Bool { partitions.contains { $0.isPaused == true } }

    /// No worker of it has ever started, so that nothing of it is behind.
    package var hasNeverRun: Bool {
        liveWorkers != nil && !isPaused && partitions.allSatisfy { $0.checkpoint == nil }
    }

    /// What can be said of it in a word or two.
    package enum State: Sendable, Hashable, CaseIterable {
        case running, paused, pausedInPart, neverRan, nobodyRunsIt, noOwner, atItsLimit, unknown

        package var words: String {
            switch self {
            case .running: "running"
            case .paused: "paused"
            case .pausedInPart: "paused in part"
            case .neverRan: "never ran"
            case .nobodyRunsIt: "nobody runs it"
            case .noOwner: "no owner"
            case .atItsLimit: "at its limit"
            case .unknown: "unknown"
            }
        }
    }

    package var state: State {
        guard let liveWorkers else { return .unknown }
        if isPaused {
            let isWhole = partitions.allSatisfy { $0.isPaused == true }
            return isWhole ? .paused : .pausedInPart
        }
        if hasNeverRun { return .neverRan }
        if liveWorkers == 0 { return .nobodyRunsIt }
        if partitions.contains(where: { $0.owner == nil }) { return .noOwner }
        if limit?.isWaitedFor == true { return .atItsLimit }
        return .running
    }

    /// Nil where one partition is not known: the others alone would be taken for all.
    private func sum(_ value: (GroupStatus.PartitionStatus) -> Int64?) -> Int64? {
        let values = partitions.compactMap(value)
        return !values.isEmpty && values.count == partitions.count ? values.reduce(0, +) : nil
    }
}
