import Redis

extension OperatorStreams {
    /// A part of a stream, looked through for one key.
    package struct SubjectPage {
        /// The entries whose subject is the key, as Redis wrote their ids.
        package let ids: [String]
        /// Behind which entry the next part begins; nil: this was the last.
        package let next: String?
    }

    /// How many entries one part has.
    private static let part = 1000

    /// The entries of a key, ours and foreign ones, in the next part of a stream. No index has the key: all of the stream is sent.
    ///
    /// - Parameter after: Where the part before ended; nil: from the beginning.
    package func entries(of partition: Partition, withSubject key: String, after: String?) throws -> SubjectPage {
        let start = after.map { "(\($0)" } ?? "-"
        let command = RedisCommand("XRANGE", naming.key(partition), start, "+", "COUNT", String(Self.part))
        return try channel.execute(command) { reply in
            var ids: [String] = []
            var last: String?
            try reply.forEach { entry in
                let id = try entry.withElement(0) { try $0.string() }
                last = id
                let isOfKey = try entry.withElement(1) { fields in
                    guard fields.kind == .array else { return false }
                    for name in stride(from: 0, to: try fields.count - 1, by: 2)
                    where try fields.withElement(name, { try $0.bytes() }).elementsEqual("subject".utf8) {
                        if try fields.withElement(name + 1, { try $0.bytes() }).elementsEqual(key.utf8) { return true }
                    }
                    return false
                }
                if isOfKey { ids.append(id) }
            }
            return SubjectPage(ids: ids, next: try reply.count < Self.part ? nil : last)
        }
    }

    /// Takes entries out of a stream. The relay finds the hole, and makes the stream again from its log.
    package func remove(_ ids: [String], from partition: Partition) throws {
        for start in stride(from: 0, to: ids.count, by: Self.part) {
            var command = RedisCommand("XDEL", naming.key(partition))
            for id in ids[start..<min(start + Self.part, ids.count)] { command.append(id) }
            try channel.execute(command)
        }
    }
}
