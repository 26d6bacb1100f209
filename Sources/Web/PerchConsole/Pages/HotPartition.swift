import PageKit
import Perch
import PerchOperating

/// A partition that alone is behind: one key has more events than a worker can take, or its worker is stuck.
enum HotPartition {
    private static let least: Int64 = 100
    private static let age = Duration.seconds(10)

    /// Nil where none is, or several are.
    static func of(_ places: [GroupStatus.PartitionStatus]) -> Partition? {
        guard places.count > 1, let most = places.max(by: { ($0.lag ?? 0) < ($1.lag ?? 0) }), let lag = most.lag,
            most.isPaused != true, lag >= least || (most.oldestUnprocessedAge ?? .zero) >= age, lag > 0,
            places.allSatisfy({ $0.partition == most.partition || ($0.lag ?? .max) <= lag / 10 })
        else { return nil }
        return most.partition
    }

    /// Words, and the event that comes next.
    static func mark(_ place: GroupStatus.PartitionStatus) -> HTML {
        let badge = Badge("hot key or stuck", .warning)
        guard let next = place.nextEntry,
            let target = LinkTarget(["topics", place.partition.topic.rawValue, "events", "\(next)"])
        else { return badge.html }
        return "\(badge) next: \(Link(HTML(next.description), to: target))"
    }
}
