import Executors
import Redis

extension OperatorStreams {
    /// What follows in a stream.
    package struct TailRead {
        package let partition: Partition
        package let entries: [StreamEntry]
    }

    /// How often a cluster's nodes are asked while nothing comes.
    private static let pause = Duration.milliseconds(100)

    /// The entries past each place, of the partitions that have any; waits for some where none has.
    ///
    /// One server is asked once, and wakes who waits. A cluster wakes only for keys of one node, so its nodes are asked each 100 ms.
    /// - Parameters:
    ///   - most: Of each partition.
    ///   - patience: How long to wait. One server waits for a millisecond at least.
    ///   - source: The topic's owner, whose entries are ours.
    package func tail(
        past places: [(partition: Partition, id: EntryID)],
        most: Int,
        within patience: Duration,
        source: String
    ) throws -> [TailRead] {
        guard let connection = channel as? RedisConnection else {
            return try poll(places, most: most, within: patience, source: source)
        }
        let command = read(places, most: most, block: patience)
        return try connection.withReplyTimeout(patience + .seconds(5)) {
            try connection.execute(command) { try reads($0, of: places, source: source) }
        }
    }

    private func poll(
        _ places: [(partition: Partition, id: EntryID)],
        most: Int,
        within patience: Duration,
        source: String
    ) throws -> [TailRead] {
        let deadline = ContinuousClock.now + patience
        while true {
            for place in places { try channel.send(read([place], most: most, block: nil)) }
            let found = try places.flatMap { place in
                try channel.receive { try reads($0, of: [place], source: source) }
            }
            let left = ContinuousClock.now.duration(to: deadline)
            guard found.isEmpty, left > .zero else { return found }
            ThreadSignal.pass(min(left, Self.pause))
        }
    }

    /// - Parameter block: How long Redis may wait; nil: not at all.
    private func read(_ places: [(partition: Partition, id: EntryID)], most: Int, block: Duration?) -> RedisCommand {
        var command = RedisCommand("XREAD", "COUNT", String(most))
        if let block {
            command.append("BLOCK")
            command.append(String(max(1, block.milliseconds)))
        }
        command.append("STREAMS")
        for place in places { command.append(naming.key(place.partition)) }
        for place in places { command.append(place.id.description) }
        return command
    }

    private func reads(
        _ reply: borrowing RedisReply,
        of places: [(partition: Partition, id: EntryID)],
        source: String
    ) throws -> [TailRead] {
        guard reply.kind == .array else { return [] }
        return try reply.map { stream -> TailRead? in
            let key = try stream.withElement(0) { try $0.string() }
            guard let place = places.first(where: { naming.key($0.partition) == key }) else { return nil }
            let entries = try stream.withElement(1) { try $0.map { try StreamEntry($0, source: source) } }
            return TailRead(partition: place.partition, entries: entries)
        }.compactMap(\.self)
    }
}
