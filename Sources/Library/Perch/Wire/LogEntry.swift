package import Redis

/// An event that has its position, ready to be appended.
package struct LogEntry {
    package let id: EntryID
    /// Where its command is: `XADD` with the envelope's attributes as fields, as it goes to Redis.
    private let memory: CommandMemory
    private let range: Range<Int>

    init(id: EntryID, memory: CommandMemory, range: Range<Int>) {
        self.id = id
        self.memory = memory
        self.range = range
    }

    /// With a command of its own.
    package init(id: EntryID, command: RedisCommand) {
        let encoded = command.encoded
        let memory = CommandMemory()
        memory.write(atMost: encoded.count) { $0.append(encoded) }
        self.init(id: id, memory: memory, range: 0..<encoded.count)
    }

    /// Lends the commands of entries in their order, those that lie behind one another in one piece.
    static func withCommands(
        of entries: [LogEntry],
        _ body: (_ commands: UnsafeRawBufferPointer, _ count: Int) throws -> Void
    ) rethrows {
        var next = 0
        while next < entries.count {
            let first = entries[next]
            var end = first.range.upperBound
            var count = 1
            while next + count < entries.count, entries[next + count].memory === first.memory,
                entries[next + count].range.lowerBound == end
            {
                end = entries[next + count].range.upperBound
                count += 1
            }
            try first.memory.withBytes(first.range.lowerBound..<end) { try body($0, count) }
            next += count
        }
    }
}

/// Entries of one partition, in their order.
package struct LogRun {
    package let partition: Partition
    package var entries: [LogEntry]

    package init(partition: Partition, entries: [LogEntry]) {
        self.partition = partition
        self.entries = entries
    }
}
