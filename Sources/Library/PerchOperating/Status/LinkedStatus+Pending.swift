import Perch

extension LinkedStatus {
    func pending(
        of group: GroupName,
        limit: Int
    ) throws -> (partitions: [PendingEntries], problems: [ServerProblem]) {
        let partitions = contract.topics.filter { $0.groups.contains(group) }.flatMap(\.allPartitions)
        var problems: [ServerProblem] = []
        let found = try links.ask(&problems) {
            try links.withStreams { streams in
                try partitions.compactMap { partition in
                    try streams.pending(of: group, in: partition, most: limit).map { PendingEntries($0, of: partition) }
                }
            }
        }
        return (found ?? [], problems)
    }
}

extension PendingEntries {
    fileprivate init(_ pending: GroupPending, of partition: Partition) {
        self.partition = partition
        (count, lowest, highest) = (pending.count, pending.lowest, pending.highest)
        consumers = pending.consumers.map { Consumer(name: $0.name, count: $0.count) }
        entries = pending.entries.map {
            Entry(id: $0.id, consumer: $0.consumer, idle: $0.idle, deliveries: $0.deliveries)
        }
    }
}
