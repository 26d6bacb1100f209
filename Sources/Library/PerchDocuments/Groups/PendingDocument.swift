package import Perch
package import PerchOperating

/// Pending entries as JSON.
package struct PendingDocument: Encodable {
    let groups: [Group]
    let problems: [ProblemDocument]

    struct Group: Encodable {
        /// `name` from before every document that is about a group said `group`.
        let name, group: String
        let partitions: [Partition]
    }

    struct Partition: Encodable {
        let partition: String
        let pending: Int64
        let lowestId, highestId: String?
        let consumers: [String: Int64]
        let entries: [Entry]
    }

    struct Entry: Encodable {
        let id, consumer: String
        let idleSeconds: Double
        let deliveries: Int
    }

    package init(_ groups: [(GroupName, [PendingEntries])], _ problems: [ProblemDocument]) {
        self.groups = groups.map { name, partitions in
            Group(
                name: name.rawValue,
                group: name.rawValue,
                partitions: partitions.map { pending in
                    Partition(
                        partition: pending.partition.description,
                        pending: pending.count,
                        lowestId: pending.lowest?.description,
                        highestId: pending.highest?.description,
                        consumers: Dictionary(pending.consumers.map { ($0.name, $0.count) }) { $1 },
                        entries: pending.entries.map {
                            Entry(
                                id: $0.id.description,
                                consumer: $0.consumer,
                                idleSeconds: $0.idle.rounded,
                                deliveries: $0.deliveries
                            )
                        }
                    )
                }
            )
        }
        self.problems = problems
    }
}
