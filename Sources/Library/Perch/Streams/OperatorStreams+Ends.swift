import Redis

/// Where a stream begins and ends. One that is not there is as one that never had an entry.
package struct StreamEnds: Equatable {
    /// How many entries it holds.
    package var length: Int64 = 0
    /// Its first entry.
    package var first: EntryID?
    /// The last entry that it was given, whether it is still there or not; zero: none.
    package var last = EntryID.zero
    /// Its last entry is not the owner's: it says nothing, and the relay takes it out. False also where the owner was not told.
    package var endsForeign = false

    package init() {}
}

extension OperatorStreams {
    /// The stream's ends, in one round trip.
    ///
    /// - Parameter source: The topic's owner; nil: `endsForeign` is not wanted.
    package func ends(of partition: Partition, source: String? = nil) throws -> StreamEnds {
        do {
            return try channel.execute(inspection(of: partition)) { try StreamEnds($0, source: source) }
        } catch let error as RedisError where error.isMissingKey {
            return StreamEnds()
        }
    }

    /// A stream's ends, and its first entry since a time.
    package struct Flow {
        package let ends: StreamAnswer<StreamEnds>
        package let since: StreamAnswer<EntryID?>
    }

    /// Of each partition the ends and the first entry since a time, all in one round trip. A stream's trouble is its own answer.
    ///
    /// - Parameter time: In milliseconds since 1970.
    package func flows(of partitions: [Partition], since time: Int64) throws -> [Flow] {
        for partition in partitions {
            try channel.send(inspection(of: partition))
            try channel.send(range(of: partition, from: .at(EntryID(notBefore: time)), most: 1))
        }
        return try partitions.map { _ in
            let ends = try receive { try StreamEnds($0, source: nil) }
            return Flow(ends: ends, since: try receive { try $0.firstEntryID })
        }
    }

    func inspection(of partition: Partition) -> RedisCommand { RedisCommand("XINFO", "STREAM", naming.key(partition)) }
}

extension StreamEnds {
    /// Reads the answer of XINFO STREAM.
    fileprivate init(_ reply: borrowing RedisReply, source: String?) throws {
        length = Int64(try reply.withValue(of: "length") { try $0.integer })
        last = try reply.withValue(of: "last-generated-id") { EntryID(clamping: try $0.string()) }
        first = try reply.withValue(of: "first-entry") { try $0.entryID }
        guard let source else { return }
        endsForeign = try reply.withValue(of: "last-entry") { entry in
            try entry.kind == .array && StreamEntry(entry, source: source).envelope == nil
        }
    }
}
