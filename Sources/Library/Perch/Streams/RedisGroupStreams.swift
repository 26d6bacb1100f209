package import Redis

/// A group's streams on one Redis: one method an action.
package struct RedisGroupStreams<Channel: RedisChannel>: GroupStreams {
    let connection: Channel
    let naming: StreamNaming
    let group: GroupName
    let consumer: String
    let sources: [TopicName: String]
    /// Ends the wait for entries when it can be read; below zero: nothing does.
    let interruption: Int32
    /// None but in the simulation.
    let mistakes: Mistakes

    package init(
        connection: Channel,
        naming: StreamNaming,
        group: GroupName,
        consumer: String,
        sources: [TopicName: String],
        interruption: Int32 = -1,
        mistakes: Mistakes = []
    ) {
        self.connection = connection
        self.naming = naming
        self.group = group
        self.consumer = consumer
        self.sources = sources
        self.interruption = interruption
        self.mistakes = mistakes
    }

    /// How many pending entries are listed and acknowledged at a time.
    private static var pendingPage: Int { 1000 }

    package static func failure(of error: any Error) -> ServerFailure? {
        switch error {
        case let error as RedisError where error.prefix == .noGroup: ServerFailure(.groupMissing, error)
        case let error as RedisError where error.code == .interrupted: ServerFailure(.interrupted, error)
        case let error as RedisError where error.concernsServer: ServerFailure(.lost, error)
        case let error as RedisError: ServerFailure(.troubled, error)
        case let error as UnfitRedis: ServerFailure(.lost, error)
        case let error as ServerFailure: error
        default: nil
        }
    }

    package func flush() throws { try connection.flush() }

    package func finish() throws { try connection.receiveOutstanding() }

    // MARK: Rewind

    package func rewind(_ partition: Partition, to checkpoint: EntryID) throws {
        let key = naming.key(partition)
        try connection.receiveOutstanding()
        do {
            try setGroup(key, to: checkpoint)
        } catch let error as RedisError where error.prefix == .noGroup || error.isMissingStream {
            try makeGroup(key, at: checkpoint)
        }
        try acknowledgePending(key, through: checkpoint)
    }

    private func setGroup(_ key: String, to checkpoint: EntryID) throws {
        try connection.execute(
            RedisCommand(
                "XGROUP",
                "SETID",
                key,
                group.rawValue,
                checkpoint.description,
                "ENTRIESREAD",
                String(checkpoint.position)
            )
        )
    }

    private func makeGroup(_ key: String, at checkpoint: EntryID) throws {
        do {
            try connection.execute(
                RedisCommand(
                    "XGROUP",
                    "CREATE",
                    key,
                    group.rawValue,
                    checkpoint.description,
                    "MKSTREAM",
                    "ENTRIESREAD",
                    String(checkpoint.position)
                )
            )
        } catch let error as RedisError where error.prefix == .busyGroup {
            // Another worker made it between our two commands.
            try setGroup(key, to: checkpoint)
        }
    }

    private func acknowledgePending(_ key: String, through checkpoint: EntryID) throws {
        guard checkpoint > .zero else { return }
        while true {
            try connection.send(listing(key, through: checkpoint))
            let ids = try receiveListing()
            guard !ids.isEmpty else { return }
            try connection.execute(acknowledgement(key, ids))
            if ids.count < Self.pendingPage { return }
        }
    }

    private func listing(_ key: String, through checkpoint: EntryID) -> RedisCommand {
        RedisCommand("XPENDING", key, group.rawValue, "-", checkpoint.description, String(Self.pendingPage))
    }

    private func receiveListing() throws -> [String] {
        try connection.receive { reply in
            try reply.map { entry in try entry.withElement(0) { try $0.string() } }
        }
    }

    private func acknowledgement(_ key: String, _ ids: [String]) -> RedisCommand {
        var command = RedisCommand("XACK", key, group.rawValue)
        for id in ids { command.append(id) }
        return command
    }

    /// One round trip where there is nothing, as always. What is wrong with one of them shows where that is read.
    package func sweep(_ holdings: [Holding]) throws {
        try connection.receiveOutstanding()
        for holding in holdings {
            try connection.send(listing(naming.key(holding.partition), through: holding.checkpoint))
        }
        var found: [(partition: Partition, ids: [String])] = []
        for holding in holdings {
            do {
                let ids = try receiveListing()
                if !ids.isEmpty { found.append((holding.partition, ids)) }
            } catch let error as RedisError where !error.concernsServer {}
        }
        for (partition, ids) in found { try connection.send(acknowledgement(naming.key(partition), ids)) }
        try connection.receiveOutstanding()
    }

    // MARK: Read

    package func read(_ partitions: [Partition], count: Int, block: Duration) throws -> StreamRead {
        // Who waits for nothing but work is not waited for when the program is to stop.
        guard block > .zero, interruption >= 0 else { return try readNow(partitions, count: count, block: block) }
        return try connection.interruptible(by: interruption) {
            try readNow(partitions, count: count, block: block)
        }
    }

    private func readNow(_ partitions: [Partition], count: Int, block: Duration) throws -> StreamRead {
        let keys = partitions.map { naming.key($0) }
        let acknowledgements = connection.outstanding
        try sendRead(keys, count: count, block: block)
        for _ in 0..<acknowledgements { try connection.receive { _ in } }
        var delivered = StreamRead()
        var inDoubt: [DeliveredEntries] = []
        try receiveRead(of: partitions, keys, into: &delivered, &inDoubt)
        for entries in try settled(inDoubt) { delivered.add(entries) }
        return delivered
    }

    func sendRead(_ keys: [String], count: Int, block: Duration) throws {
        var command = RedisCommand("XREADGROUP", "GROUP", group.rawValue, consumer, "COUNT", count)
        if block > .zero {
            command.append("BLOCK")
            command.append(max(1, block.milliseconds))
        }
        command.append("STREAMS")
        for key in keys { command.append(key) }
        for _ in keys { command.append(">") }
        try connection.send(command)
    }

    /// - Parameter inDoubt: What ends in an entry that cannot be read: whether it is ours is asked when all is received.
    func receiveRead(
        of partitions: [Partition],
        _ keys: [String],
        into delivered: inout StreamRead,
        _ inDoubt: inout [DeliveredEntries]
    ) throws {
        try connection.receive { reply, memory in
            guard reply.kind == .array else { return }
            try reply.forEach { stream in
                let key = try stream.withElement(0) { try $0.string() }
                guard let index = keys.firstIndex(of: key) else { return }
                let partition = partitions[index]
                try stream.withElement(1) { entries in
                    let source = sources[partition.topic] ?? ""
                    let found = try DeliveredEntries(
                        entries,
                        of: partition,
                        source: source,
                        in: memory,
                        mistakes: mistakes
                    )
                    if found.firstInDoubt == nil { delivered.add(found) } else { inDoubt.append(found) }
                }
            }
        }
    }

    /// The streams say of what ends a read, and cannot be read, whether it is ours: one round trip for all of them, and none where
    /// no read ends so.
    func settled(_ inDoubt: [DeliveredEntries]) throws -> [DeliveredEntries] {
        for entries in inDoubt {
            let (key, first) = (naming.key(entries.partition), entries.firstInDoubt ?? .zero)
            try connection.send(
                RedisCommand("XRANGE", key, first.description, "+", "COUNT", String(DeliveredEntries.longestRun))
            )
        }
        return try inDoubt.map { entries in
            try connection.receive { reply, memory in
                let (partition, source) = (entries.partition, entries.source)
                return entries.settled(
                    by: try DeliveredEntries(
                        reply,
                        of: partition,
                        source: source,
                        in: memory,
                        mistakes: mistakes
                    )
                )
            }
        }
    }

    /// The first entry past each checkpoint, in one round trip: and the one behind it, which may say that the first is ours
    /// though it cannot be read. Where there is none, a second round trip tells whether the streams reach the checkpoints.
    package func peek(_ holdings: [Holding]) throws -> [WorkerInput.Peek] {
        var found = try firstEntries(past: holdings, most: 2)
        // Several may follow one another that cannot be read: they are ours if one follows them that can.
        let doubtful = holdings.indices.filter {
            if case .entry(_, isOurs: false, _) = found[$0] { true } else { false }
        }
        if !doubtful.isEmpty {
            let further = try firstEntries(past: doubtful.map { holdings[$0] }, most: DeliveredEntries.longestRun)
            for (index, peek) in zip(doubtful, further) { found[index] = peek }
        }
        let idle = holdings.indices.filter { found[$0] == .nothing && holdings[$0].checkpoint > .zero }
        for index in idle {
            try connection.send(RedisCommand("XINFO", "STREAM", naming.key(holdings[index].partition)))
        }
        for index in idle {
            // A stream that has never had an entry is about to be made again, or all of it was trimmed.
            guard let end = try receiveEnd(), end > .zero, end < holdings[index].checkpoint else { continue }
            found[index] = .streamEndsBefore(end)
        }
        return found
    }

    /// The stream's last generated id; nil where there is no stream, or it cannot be told: that is no trouble of the others.
    private func receiveEnd() throws -> EntryID? {
        do {
            return try connection.receive { reply in
                EntryID(clamping: try reply.withValue(of: "last-generated-id") { try $0.string() })
            }
        } catch let error as RedisError where !error.concernsServer {
            return nil
        }
    }

    private func firstEntries(past holdings: [Holding], most: Int) throws -> [WorkerInput.Peek] {
        try connection.receiveOutstanding()
        for holding in holdings {
            let key = naming.key(holding.partition)
            try connection.send(RedisCommand("XRANGE", key, "(\(holding.checkpoint)", "+", "COUNT", String(most)))
        }
        return try holdings.map { holding in
            try connection.receive { reply, memory in
                guard try reply.count > 0 else { return .nothing }
                let source = sources[holding.partition.topic] ?? ""
                let entries = try DeliveredEntries(
                    reply,
                    of: holding.partition,
                    source: source,
                    in: memory,
                    mistakes: mistakes
                )
                if let first = entries.rows.first {
                    let run = entries.unreadable.first { $0.positions.contains(first.entryID.position) }
                    return .entry(first.entryID, isOurs: true, follower: run?.follower)
                }
                let id = try reply.withElement(0) { try $0.withElement(0) { EntryID(clamping: try $0.string()) } }
                return .entry(id, isOurs: false)
            }
        }
    }

    // MARK: Acknowledge

    /// Sent with the next read: its reply is worth no wait, since the checkpoint is committed.
    package func acknowledge(_ acknowledgements: [WorkerAction.Acknowledgement]) throws {
        for acknowledgement in acknowledgements {
            var command = RedisCommand("XACK", naming.key(acknowledgement.partition), group.rawValue)
            // "$16\r\n1700000000000-42\r\n"
            command.reserveCapacity(acknowledgement.ids.count * 32)
            command.append(acknowledgement.ids)
            try connection.send(command)
        }
    }
}

extension RedisError {
    /// XGROUP's answer where the stream does not exist. Redis gives it no prefix of its own, only the words after `ERR`.
    package var isMissingStream: Bool { prefix == .error && message.contains("requires the key to exist") }
}
