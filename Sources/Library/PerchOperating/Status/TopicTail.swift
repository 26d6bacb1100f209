import Executors
public import Perch
import Postgres
import Redis

/// Follows a topic live: what is appended to any of its partitions, as it comes. It reads beside the groups and moves none.
public actor TopicTail {
    /// An entry that came.
    public struct Entry: Sendable {
        /// Where it is.
        public let partition: Partition
        /// Its place there.
        public let id: EntryID
        /// The event; nil: a foreign entry, which the topic's owner did not publish and its relay takes out.
        public let envelope: Envelope?
    }

    private let links: SystemLinks
    private let topic: TopicContract
    private let place: StreamPlace
    private var cursors: [EntryID] = []
    private let executor = ThreadExecutor(name: "perch-tail")
    /// Its own thread: reads block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter place: Where to begin in each partition.
    public init(_ system: SystemConnections, topic: TopicContract, from place: StreamPlace) {
        links = SystemLinks(system)
        self.topic = topic
        self.place = place
    }

    /// What has come since the last call, waiting for it up to `patience`; empty where nothing came.
    ///
    /// - Parameter limit: The most entries a partition at once. Call it again for more.
    /// - Throws: `ServerProblem`. The next call goes on where this one was.
    public func next(within patience: Duration = .milliseconds(500), limit: Int = 500) throws -> [Entry] {
        try links.withRedis { redis in
            let partitions = topic.allPartitions
            if cursors.isEmpty { cursors = try partitions.map { try start(in: $0, redis) } }
            var entries: [Entry] = []
            if let redis = redis as? RedisConnection {
                let command = read(Array(partitions.indices), limit, block: patience)
                try redis.withReplyTimeout(patience + .seconds(5)) {
                    try redis.execute(command) { entries += try receive($0) }
                }
            } else {
                entries = try poll(redis, limit, within: patience)
            }
            return entries.sorted { ($0.id, $0.partition) < ($1.id, $1.partition) }
        }
    }

    /// A cluster waits for keys of one node only: all are looked at now and then.
    private func poll(_ redis: any RedisChannel, _ limit: Int, within patience: Duration) throws -> [Entry] {
        let deadline = ContinuousClock.now + patience
        while true {
            for index in cursors.indices { try redis.send(read([index], limit, block: nil)) }
            var entries: [Entry] = []
            for _ in cursors { try redis.receive { entries += try receive($0) } }
            let left = ContinuousClock.now.duration(to: deadline)
            guard entries.isEmpty, left > .zero else { return entries }
            ThreadClock.wait(min(left, Self.pause))
        }
    }

    private static let pause = Duration.milliseconds(100)

    /// - Parameter block: How long Redis may wait; nil: not at all.
    private func read(_ indices: [Int], _ limit: Int, block: Duration?) -> RedisCommand {
        var command = RedisCommand("XREAD", "COUNT", String(limit))
        if let block {
            command.append("BLOCK")
            command.append(String(max(1, block.milliseconds)))
        }
        command.append("STREAMS")
        for index in indices { command.append(links.naming.key(topic.allPartitions[index])) }
        for index in indices { command.append(cursors[index].description) }
        return command
    }

    private func receive(_ reply: borrowing RedisReply) throws -> [Entry] {
        guard reply.kind == .array else { return [] }
        let partitions = topic.allPartitions
        var entries: [Entry] = []
        try reply.forEach { stream in
            let key = try stream.withElement(0) { try $0.string() }
            guard let index = partitions.firstIndex(where: { links.naming.key($0) == key }) else { return }
            try stream.withElement(1) { list in
                try list.forEach { entry in
                    let entry = try StreamEntry(entry, source: topic.owner)
                    cursors[index] = entry.id
                    entries.append(Entry(partition: partitions[index], id: entry.id, envelope: entry.envelope))
                }
            }
        }
        return entries
    }

    private func start(in partition: Partition, _ redis: any RedisChannel) throws -> EntryID {
        switch place {
        case .beginning: return .zero
        case .entry(let id): return id.predecessor
        case .time(let time): return EntryID(milliseconds: max(0, time.milliseconds), position: 0).predecessor
        case .end:
            do {
                return try redis.execute(RedisCommand("XINFO", "STREAM", links.naming.key(partition))) { reply in
                    EntryID(clamping: try reply.withValue(of: "last-generated-id") { try $0.string() })
                }
            } catch let error as RedisError where error.isMissingKey {
                return .zero
            }
        }
    }
}

extension EntryID {
    /// The greatest id below this one, for reads that begin after an id.
    fileprivate var predecessor: EntryID {
        if position > 0 { return EntryID(milliseconds: milliseconds, position: position - 1) }
        return milliseconds > 0 ? EntryID(milliseconds: milliseconds - 1, position: .max) : .zero
    }
}
