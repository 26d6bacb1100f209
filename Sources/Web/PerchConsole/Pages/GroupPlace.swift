import PageKit
import Perch
import PerchOperating
import Times

/// Where a group is in one partition, as its page shows it and keeps it fresh.
struct GroupPlace {
    private let group: GroupName
    private let status: GroupStatus.PartitionStatus

    init(_ group: GroupName, _ status: GroupStatus.PartitionStatus) { (self.group, self.status) = (group, status) }

    func key(_ name: String) -> String {
        "groups/\(group)/\(status.partition.topic)/\(status.partition.number)/\(name)"
    }

    /// When its last event got its place; nil where it has none yet.
    var checkpointTime: Timestamp? {
        guard let id = status.checkpoint, id > .zero else { return nil }
        return Timestamp(milliseconds: id.milliseconds)
    }

    /// In the order of the table's columns.
    var figures: [(String, Figure)] {
        let oldest = status.lag == 0 ? 0 : status.oldestUnprocessedAge.map { $0 / .seconds(1) }
        return [
            ("checkpoint", Self.id(status.checkpoint)), ("end", Self.id(status.lastEntry)),
            ("lag", .count(status.lag)), ("oldest", .seconds(oldest)),
            ("owner", status.owner.map { Figure($0) } ?? .none), ("pending", .count(status.pending)),
            ("failed", .count(status.failed?.failed)), ("held", .count(status.failed?.held)),
            ("dead", .count(status.failed?.dead)),
        ]
    }

    private static func id(_ id: EntryID?) -> Figure {
        id.map { $0 > .zero ? Figure("\($0)") : .none } ?? .unknown
    }
}
