import Redis

/// Where a stream and a group in it are. What Redis does not tell is nil.
package struct GroupEnds {
    /// The last entry that the stream was given.
    package let last: EntryID?
    /// The first entry past the checkpoint.
    package let next: EntryID?
    /// How many entries were delivered to the group and not acknowledged.
    package let pending: Int64?
}

/// What was delivered to a group in a stream and not acknowledged.
package struct GroupPending {
    package var count: Int64 = 0
    package var lowest: EntryID?
    package var highest: EntryID?
    /// How many each consumer has.
    package var consumers: [(name: String, count: Int64)] = []
    /// The first ones, as many as were asked for.
    package var entries: [Entry] = []

    package struct Entry {
        package let id: EntryID
        package let consumer: String
        /// Since it was delivered last.
        package let idle: Duration
        package let deliveries: Int
    }
}

extension OperatorStreams {
    /// Of each partition the stream's end, what lies past the group's checkpoint, and what is pending, all in one round trip. Trouble of a
    /// stream leaves its own answers nil.
    ///
    /// - Parameter checkpoints: Each partition with its checkpoint; nil: not known, and nothing is looked for past it.
    package func ends(
        of group: GroupName,
        in checkpoints: [(partition: Partition, checkpoint: EntryID?)]
    ) throws -> [GroupEnds] {
        for (partition, _) in checkpoints { try channel.send(inspection(of: partition)) }
        // After the ends, so that what they say is there is found.
        for case let (partition, checkpoint?) in checkpoints {
            try channel.send(range(of: partition, from: .after(checkpoint), most: 1))
        }
        for (partition, _) in checkpoints { try channel.send(summary(of: group, in: partition)) }
        let lasts = try checkpoints.map { _ in
            try receive { reply in
                try reply.withValue(of: "last-generated-id") { EntryID(clamping: try $0.string()) }
            }.value
        }
        let nexts = try checkpoints.map { _, checkpoint in
            checkpoint == nil ? nil : try receive { try $0.firstEntryID }.value.flatMap(\.self)
        }
        let counts = try checkpoints.map { _ in try receive { try $0.pendingCount }.value }
        return checkpoints.indices.map { GroupEnds(last: lasts[$0], next: nexts[$0], pending: counts[$0]) }
    }

    /// What is pending of the group; nil where the stream or the group is not there. One round trip, and a second one for the entries.
    ///
    /// - Parameter most: Of how many entries more is told.
    package func pending(of group: GroupName, in partition: Partition, most: Int) throws -> GroupPending? {
        var pending = GroupPending()
        do {
            pending = try channel.execute(summary(of: group, in: partition)) { try GroupPending($0) }
        } catch let error as RedisError where error.prefix == .noGroup {
            return nil
        }
        guard pending.count > 0, most > 0 else { return pending }
        let listing = RedisCommand("XPENDING", naming.key(partition), group.rawValue, "-", "+", String(most))
        pending.entries = try channel.execute(listing) { try $0.map { try GroupPending.Entry($0) } }
        return pending
    }

    /// The names of each stream's groups, declared or not, in one round trip; none where the stream is not there.
    package func groupNames(of partitions: [Partition]) throws -> [[String]] {
        for partition in partitions { try channel.send(RedisCommand("XINFO", "GROUPS", naming.key(partition))) }
        return try partitions.map { _ in
            do {
                return try channel.receive { reply in
                    try reply.map { group in try group.withValue(of: "name") { try $0.string() } }
                }
            } catch let error as RedisError where error.isMissingKey {
                return []
            }
        }
    }

    /// The group reads on behind this entry. Nothing is done where the stream or the group is not there.
    package func set(_ group: GroupName, in partition: Partition, to id: EntryID) throws {
        let command = RedisCommand(
            "XGROUP",
            "SETID",
            naming.key(partition),
            group.rawValue,
            id.description,
            "ENTRIESREAD",
            String(id.position)
        )
        do {
            try channel.execute(command)
        } catch let error as RedisError where error.prefix == .noGroup || error.isMissingStream {}
    }

    /// The summary form: it counts nothing.
    private func summary(of group: GroupName, in partition: Partition) -> RedisCommand {
        RedisCommand("XPENDING", naming.key(partition), group.rawValue)
    }
}

extension RedisReply {
    /// Of the summary of XPENDING.
    fileprivate var pendingCount: Int64 {
        get throws { Int64(try withElement(0) { try $0.integer }) }
    }
}

extension GroupPending {
    /// Reads the summary of XPENDING.
    fileprivate init(_ reply: borrowing RedisReply) throws {
        count = try reply.pendingCount
        guard count > 0 else { return }
        lowest = try reply.withElement(1) { EntryID(clamping: try $0.string()) }
        highest = try reply.withElement(2) { EntryID(clamping: try $0.string()) }
        consumers = try reply.withElement(3) { consumers in
            try consumers.map { consumer in
                (
                    name: try consumer.withElement(0) { try $0.string() },
                    count: Int64(try consumer.withElement(1) { try $0.string() }) ?? 0
                )
            }
        }
    }
}

extension GroupPending.Entry {
    /// Reads one of XPENDING's list.
    fileprivate init(_ reply: borrowing RedisReply) throws {
        id = try reply.withElement(0) { EntryID(clamping: try $0.string()) }
        consumer = try reply.withElement(1) { try $0.string() }
        idle = .milliseconds(try reply.withElement(2) { try $0.integer })
        deliveries = try reply.withElement(3) { try $0.integer }
    }
}
