import Postgres
import Redis

/// An entry as a stream holds it: its id, and the envelope that its fields spell, if it is ours.
struct StreamEntry {
    let id: EntryID
    /// The id as Redis gave it, kept for foreign entries only.
    let rawID: String
    /// nil: a foreign entry. Redis is untrusted input: what has no valid envelope, or another source, was not published
    /// by the topic's owner, is never handled and is taken out by the relay.
    let envelope: Envelope?
    /// Names and values in turn, kept for foreign entries only.
    let fields: [[UInt8]]

    /// Reads `[id, [name, value, …]]`.
    init(_ reply: borrowing RedisReply, source: String) throws {
        let parsed = try reply.withElement(0) { try $0.withBytes { EntryID(utf8: $0) } }
        envelope = parsed == nil ? nil : try reply.withElement(1) { Envelope(fields: $0, source: source) }
        rawID = envelope != nil ? "" : try reply.withElement(0) { try $0.string() }
        id = parsed ?? EntryID(clamping: rawID)
        fields =
            envelope != nil
            ? []
            : try reply.withElement(1) { fields in
                // A nil field array: the entry was deleted while it was pending.
                guard fields.kind == .array else { return [] }
                var values: [[UInt8]] = []
                try fields.forEach { values.append(try $0.bytes()) }
                return values
            }
    }
}

extension RedisCommand {
    /// `XADD key id` with the envelope's attributes as fields, always in the same order.
    static func append(_ envelope: Envelope, as id: EntryID, to key: String) -> RedisCommand {
        var command = RedisCommand("XADD", key, id.description)
        command.append("specversion")
        command.append("1.0")
        command.append("id")
        command.append(envelope.id.text)
        command.append("source")
        command.append(envelope.source)
        command.append("type")
        command.append(envelope.type.rawValue)
        command.append("subject")
        command.append(envelope.subject)
        command.append("time")
        command.append(envelope.time.description)
        command.append("dataschema")
        command.append("\(envelope.type)/\(envelope.version)")
        if let traceparent = envelope.traceparent {
            command.append("traceparent")
            command.append(traceparent)
        }
        command.append("data")
        command.append(envelope.data)
        return command
    }
}
