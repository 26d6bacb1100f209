import Perch
import PerchDocuments
import PerchOperating
import Times

/// A topic with its partitions together, and who reads it. What a server did not tell is nil.
struct TopicRow: Sendable {
    let status: TopicStatus
    let readers: [GroupLine]
    /// Since when it is held for a change of its partitions, by the doctor's last look.
    let heldSince: Timestamp?

    var topic: TopicContract { status.topic }
    var name: TopicName { status.topic.name }
    /// Entries in its streams.
    var inRedis: Int64? { sum(\.length) }
    /// Positions that its owner has given.
    var ever: Int64? { sum(\.published) }
    var missing: Int64? { sum { $0.length == nil ? nil : $0.missing ?? 0 } }
    /// Events a second over the last minute.
    var rate: Double? {
        let rates = status.partitions.compactMap(\.rate)
        return rates.count == status.partitions.count ? rates.reduce(0, +) : nil
    }
    /// The oldest entry in its streams.
    var first: EntryID? { status.partitions.compactMap(\.first).min() }

    /// Something of it has waited so long that somebody may ask why.
    var isBehind: Bool {
        (status.waitingAge ?? .zero) > Self.patience
            || readers.contains { ($0.oldestSeconds ?? 0) > Self.patience / .seconds(1) }
    }

    /// What waits longer is behind.
    static let patience = Duration.seconds(10)

    private func sum(_ value: (TopicStatus.PartitionStatus) -> Int64?) -> Int64? {
        let values = status.partitions.compactMap(value)
        return values.count == status.partitions.count ? values.reduce(0, +) : nil
    }
}

extension SystemSnapshot {
    var topicRows: [TopicRow] {
        let readers = Dictionary(grouping: groupRows, by: \.topic)
        let held = heldTopics
        return topics.map {
            TopicRow(status: $0, readers: readers[$0.topic.name] ?? [], heldSince: held[$0.topic.name])
        }
    }

    func topicRow(_ name: TopicName) -> TopicRow? { topicRows.first { $0.name == name } }

    /// The topics that are held, with since when.
    var heldTopics: [TopicName: Timestamp] {
        var held: [TopicName: Timestamp] = [:]
        for diagnosis in diagnosis?.findings ?? [] {
            if case .topicHeld(let topic, let since) = diagnosis.finding { held[topic] = since }
        }
        return held
    }
}
