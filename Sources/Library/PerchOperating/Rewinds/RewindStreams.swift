import Perch
import PerchProtocol
import Redis

/// The Redis commands of a rewind.
struct RewindStreams {
    let connection: any RedisChannel
    let naming: StreamNaming
    let group: GroupName
    let sources: [TopicName: String]

    /// Holds the trimming back: relays keep what a declared group has not read. The group's owner, fenced off, sets it there
    /// itself; this is for the moment until then. A group that is missing holds it back too.
    func setGroupToBeginning(_ partition: Partition) throws {
        let command = RedisCommand(
            "XGROUP",
            "SETID",
            naming.key(partition),
            group.rawValue,
            EntryID.zero.description,
            "ENTRIESREAD",
            "0"
        )
        do {
            try connection.execute(command)
        } catch let error as RedisError where error.prefix == .noGroup || error.isMissingStream {}
    }

    /// The position of the stream's first entry, nil without one, and of the last that it has had.
    func look(at partition: Partition) throws -> (first: Position?, last: Position) {
        var first: Position?
        var last: Position = 0
        do {
            try connection.execute(RedisCommand("XINFO", "STREAM", naming.key(partition))) { reply in
                let generated = try reply.withValue(of: "last-generated-id") { EntryID(clamping: try $0.string()) }
                last = generated.position
                let source = sources[partition.topic] ?? ""
                first = try reply.withValue(of: "first-entry") { entry in
                    guard entry.kind == .array else { return nil }
                    return EntryID(clamping: try entry.withElement(0) { try $0.string() }).position
                }
                try reply.withValue(of: "last-entry") { entry in
                    guard entry.kind == .array else { return }
                    // An entry that is not ours says nothing; the relay takes it out.
                    let end = try StreamEntry(entry, source: source)
                    if end.envelope == nil { last = try reply.withValue(of: "length") { Int64(try $0.integer) } - 1 }
                }
            }
        } catch let error as RedisError where error.isMissingKey {}
        return (first, last)
    }
}
