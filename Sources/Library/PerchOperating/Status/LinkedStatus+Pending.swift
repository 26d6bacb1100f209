import Perch
import Redis

extension LinkedStatus {
    func pending(
        of group: GroupName,
        limit: Int
    ) throws -> (partitions: [PendingEntries], problems: [ServerProblem]) {
        let partitions = contract.topics.filter { $0.groups.contains(group) }.flatMap(\.allPartitions)
        var problems: [ServerProblem] = []
        let found = try links.ask(&problems) {
            try links.withRedis { redis in
                try partitions.compactMap { try readPending(of: $0, group, limit: limit, redis) }
            }
        }
        return (found ?? [], problems)
    }

    private func readPending(
        of partition: Partition,
        _ group: GroupName,
        limit: Int,
        _ redis: any RedisChannel
    ) throws -> PendingEntries? {
        let key = links.naming.key(partition)
        var pending = PendingEntries(partition: partition)
        do {
            try redis.execute(RedisCommand("XPENDING", key, group.rawValue)) { reply in
                pending.count = Int64(try reply.withElement(0) { try $0.integer })
                guard pending.count > 0 else { return }
                pending.lowest = try reply.withElement(1) { EntryID(clamping: try $0.string()) }
                pending.highest = try reply.withElement(2) { EntryID(clamping: try $0.string()) }
                pending.consumers = try reply.withElement(3) { consumers in
                    try consumers.map { consumer in
                        PendingEntries.Consumer(
                            name: try consumer.withElement(0) { try $0.string() },
                            count: Int64(try consumer.withElement(1) { try $0.string() }) ?? 0
                        )
                    }
                }
            }
        } catch let error as RedisError where error.prefix == .noGroup {
            return nil
        }
        guard pending.count > 0, limit > 0 else { return pending }
        let listing = RedisCommand("XPENDING", key, group.rawValue, "-", "+", String(limit))
        pending.entries = try redis.execute(listing) { reply in
            try reply.map { entry in
                PendingEntries.Entry(
                    id: try entry.withElement(0) { EntryID(clamping: try $0.string()) },
                    consumer: try entry.withElement(1) { try $0.string() },
                    idle: .milliseconds(try entry.withElement(2) { try $0.integer }),
                    deliveries: try entry.withElement(3) { try $0.integer }
                )
            }
        }
        return pending
    }
}
