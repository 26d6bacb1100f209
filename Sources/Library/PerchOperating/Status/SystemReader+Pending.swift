public import Perch
import Redis

/// What Redis has delivered to a group's consumers of a partition and not heard the acknowledgement of.
///
/// It is no list of failures: effects are committed in Postgres before the acknowledgement, and a killed worker's entries
/// stay in it until the next owner sets the group back to the checkpoint.
public struct PendingEntries: Sendable, Hashable {
    /// Which partition.
    public let partition: Partition
    /// How many there are.
    public internal(set) var count: Int64 = 0
    /// The first of them.
    public internal(set) var lowest: EntryID?
    /// The last of them.
    public internal(set) var highest: EntryID?
    /// By consumer: a worker's slot.
    public internal(set) var consumers: [Consumer] = []
    /// The first ones, as many as were asked for.
    public internal(set) var entries: [Entry] = []

    /// A consumer, and how many entries it has pending.
    public struct Consumer: Sendable, Hashable {
        /// As in `XINFO CONSUMERS`.
        public let name: String
        /// How many of the entries are its.
        public let count: Int64
    }

    /// An entry that is pending.
    public struct Entry: Sendable, Hashable {
        /// Its place in the partition.
        public let id: EntryID
        /// Who got it.
        public let consumer: String
        /// How long ago.
        public let idle: Duration
        /// How often it was delivered.
        public let deliveries: Int
    }
}

extension SystemReader {
    /// What is pending of a group, by partition: the summaries, and the first entries of each.
    ///
    /// A partition where Redis does not have the group is left out.
    /// - Parameter limit: How many entries a partition at the most.
    public func pending(
        of group: GroupName,
        limit: Int
    ) throws -> (partitions: [PendingEntries], problems: [ServerProblem]) {
        let partitions = contract.topics.filter { $0.groups.contains(group) }.flatMap(\.allPartitions)
        var problems: [ServerProblem] = []
        let found = try ask(&problems) {
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
        _ redis: RedisConnection
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
