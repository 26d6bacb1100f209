import Redis

/// A stream of a bench's own, which ends with it.
package struct BenchStream {
    private let channel: any RedisChannel
    private let key: String
    /// As large as a usual event.
    private static let payload = String(repeating: "x", count: 200)

    fileprivate init(_ channel: any RedisChannel, key: String) { (self.channel, self.key) = (channel, key) }

    /// The smallest question.
    package func ping() throws { try channel.execute(RedisCommand("PING")) }

    /// Appends an entry.
    package func append() throws { try channel.execute(entry) }

    /// Appends entries in one round trip.
    package func append(_ count: Int) throws {
        for _ in 0..<count { try channel.send(entry) }
        try channel.receiveOutstanding()
    }

    /// Makes the group that reads it, at the beginning.
    package func makeGroup() throws { try channel.execute(RedisCommand("XGROUP", "CREATE", key, Self.group, "0")) }

    /// Reads the group's next entries.
    package func read(_ count: Int) throws {
        let command = RedisCommand(
            "XREADGROUP",
            "GROUP",
            Self.group,
            "one",
            "COUNT",
            String(count),
            "STREAMS",
            key,
            ">"
        )
        try channel.execute(command) { reply in _ = try reply.count }
    }

    private static let group = "perch-bench"

    private var entry: RedisCommand {
        RedisCommand("XADD", key, "*", "type", "perch_bench", "data", Self.payload)
    }
}

extension OperatorStreams {
    /// Lends a stream that nobody else uses, and deletes it.
    ///
    /// - Parameter partition: It is called as this one's, so that an operator's rights cover it.
    package func withBenchStream<R>(_ partition: Partition, _ body: (BenchStream) throws -> R) rethrows -> R {
        let key = naming.key(partition)
        defer { _ = try? channel.execute(RedisCommand("DEL", key)) }
        return try body(BenchStream(channel, key: key))
    }
}
