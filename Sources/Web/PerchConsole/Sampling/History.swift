import Perch
import PerchDocuments
import PerchOperating
import Times

/// How the numbers of the overview, of topics and of groups went while this console ran.
struct History: Sendable {
    enum Name: Hashable, Sendable {
        case lag(GroupName, TopicName)
        /// The sum of the positions of its checkpoints: events that took effect.
        case effects(GroupName, TopicName)
        /// The sum of the last positions: events published.
        case published(TopicName)
        case total(Total)
    }

    enum Total: String, Hashable, Sendable, CaseIterable {
        case published, effects, oldest, waiting, failed, held, dead, workers
    }

    /// Since when it is kept.
    let since: Timestamp
    private var series: [Name: Series] = [:]

    init(since: Timestamp) { self.since = since }

    subscript(name: Name) -> Series { series[name] ?? Series() }

    mutating func add(topics: [TopicStatus], groups: [GroupReport], at time: Timestamp) {
        for topic in topics { add(.published(topic.topic.name), topic.lastPosition, time) }
        for row in GroupLine.lines(of: groups) {
            add(.lag(row.group, row.topic), row.lag.map(Double.init), time)
            add(.effects(row.group, row.topic), row.effects, time)
        }
        let totals = Totals(topics: topics, groups: groups)
        for total in Total.allCases { add(.total(total), totals[total], time) }
    }

    private mutating func add(_ name: Name, _ value: Double?, _ time: Timestamp) {
        series[name, default: Series()].add(value, at: time)
    }
}

extension TopicStatus {
    /// Nil where Redis did not tell of all partitions.
    var lastPosition: Double? {
        partitions.allSatisfy { $0.length != nil }
            ? partitions.reduce(0) { $0 + Double($1.last?.position ?? 0) } : nil
    }
}
