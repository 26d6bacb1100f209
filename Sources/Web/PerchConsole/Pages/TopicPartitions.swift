import PageKit
import Perch
import PerchDocuments
import PerchOperating

/// The partitions of a topic, each with its stream and how far its groups are.
enum TopicPartitions {
    static func key(_ partition: TopicStatus.PartitionStatus, _ name: String) -> String {
        "topics/\(partition.partition.topic)/partitions/\(partition.partition.number)/\(name)"
    }

    static func figures(_ partition: TopicStatus.PartitionStatus, _ row: TopicRow) -> [(String, Figure)] {
        let isTold = partition.length != nil
        func id(_ id: EntryID?) -> Figure { isTold ? id.map { Figure("\($0)") } ?? .none : .unknown }
        let stream: [(String, Figure)] = [
            ("first", id(partition.first)), ("last", id(partition.last == .zero ? nil : partition.last)),
            ("in_redis", .count(partition.length)), ("rate", .rate(partition.rate)),
            ("missing", isTold ? .count(partition.missing ?? 0) : .unknown), ("given", .count(partition.published)),
        ]
        return stream
            + row.readers.map { reader in
                let status = reader.partitions.first { $0.partition == partition.partition }
                return ("lag/\(reader.group)", reader.hasNeverRun ? .none : .count(status?.lag))
            }
    }

    static func table(_ row: TopicRow) -> DataTable {
        DataTable(
            id: "partitions",
            caption: "Partitions",
            isCaptionHidden: true,
            columns: [
                .init("Partition"), .init("First id", isNumber: true), .init("Last id", isNumber: true),
                .init("In Redis", unit: "#", isNumber: true), .init("Rate", unit: "#/s", isNumber: true),
                .init("Missing", unit: "#", isNumber: true), .init("Given", unit: "#", isNumber: true),
            ] + row.readers.map { .init("\($0.group)", unit: "lag, #", isNumber: true) },
            rows: row.status.partitions.map { partition in
                let link = Link(HTML("\(partition.partition)" as String), to: Places.partition(partition.partition))
                let name: HTML = partition.trouble.map { "\(link) \(Badge("stands", .danger)) \($0)" } ?? link.html
                return [.init(.html(name))]
                    + figures(partition, row).map { .init($0.1.cell, live: LiveKey(key(partition, $0.0))) }
            }
        )
    }
}
