package import Redis

/// Where a look at a stream begins.
package enum StreamStart {
    /// This entry, or the first one behind it.
    case at(EntryID)
    /// The first entry behind this one.
    case after(EntryID)
}

extension OperatorStreams {
    /// The entries from a place on, in their order; empty where there is none, or no stream.
    ///
    /// - Parameter source: The topic's owner, whose entries are ours.
    package func entries(
        of partition: Partition,
        from start: StreamStart,
        most: Int,
        source: String
    ) throws -> [StreamEntry] {
        try channel.execute(range(of: partition, from: start, most: most)) { reply in
            try reply.map { try StreamEntry($0, source: source) }
        }
    }

    /// A part of a stream that is looked back through.
    package struct EntriesBefore {
        let partition: Partition
        let id: EntryID?
        let most: Int

        /// - Parameter id: Before which entry; nil: from the end.
        package init(_ partition: Partition, before id: EntryID?, most: Int) {
            (self.partition, self.id, self.most) = (partition, id, most)
        }
    }

    /// The entries before places, the newest first, of all parts in one round trip; empty where there is none, or no stream. A stream's
    /// trouble is its own answer.
    ///
    /// - Parameter source: The topic's owner, whose entries are ours.
    package func entries(
        of parts: [EntriesBefore],
        source: String
    ) throws -> [Result<[StreamEntry], RedisError>] {
        for part in parts {
            let start = part.id.map { "(\($0)" } ?? "+"
            let key = naming.key(part.partition)
            try channel.send(RedisCommand("XREVRANGE", key, start, "-", "COUNT", String(part.most)))
        }
        return try parts.map { _ in
            do {
                return .success(
                    try channel.receive { reply in try reply.map { try StreamEntry($0, source: source) } }
                )
            } catch let error as RedisError where !error.concernsServer {
                return .failure(error)
            }
        }
    }

    /// The entry of this id; nil: the stream has none.
    package func entry(_ id: EntryID, of partition: Partition, source: String) throws -> StreamEntry? {
        try channel.execute(exactly(id, of: partition)) { reply in
            try reply.count > 0 ? reply.withElement(0) { try StreamEntry($0, source: source) } : nil
        }
    }

    /// Which of these entries the stream has, in one round trip.
    package func present(_ ids: [EntryID], in partition: Partition) throws -> Set<EntryID> {
        for id in ids { try channel.send(exactly(id, of: partition)) }
        var found: Set<EntryID> = []
        for id in ids where try channel.receive({ try $0.count }) > 0 { found.insert(id) }
        return found
    }

    /// The first entry since a time; nil: there is none.
    ///
    /// - Parameter time: In milliseconds since 1970.
    package func firstEntry(of partition: Partition, since time: Int64) throws -> EntryID? {
        try channel.execute(range(of: partition, from: .at(EntryID(notBefore: time)), most: 1)) { try $0.firstEntryID }
    }

    /// The last entry before this id; nil: there is none.
    package func lastEntry(of partition: Partition, before id: EntryID) throws -> EntryID? {
        let command = RedisCommand("XREVRANGE", naming.key(partition), "(\(id)", "-", "COUNT", "1")
        return try channel.execute(command) { try $0.firstEntryID }
    }

    func range(of partition: Partition, from start: StreamStart, most: Int) -> RedisCommand {
        let from =
            switch start {
            case .at(let id): "\(id)"
            case .after(let id): "(\(id)"
            }
        return RedisCommand("XRANGE", naming.key(partition), from, "+", "COUNT", String(most))
    }

    private func exactly(_ id: EntryID, of partition: Partition) -> RedisCommand {
        RedisCommand("XRANGE", naming.key(partition), "\(id)", "\(id)", "COUNT", "1")
    }
}

extension EntryID {
    /// The least id of this time, in milliseconds since 1970; before 1970 the least of all.
    init(notBefore time: Int64) { self.init(milliseconds: max(0, time), position: 0) }
}
