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
