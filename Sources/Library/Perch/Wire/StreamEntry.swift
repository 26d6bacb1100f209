import Postgres
package import Redis

/// An entry as a stream holds it: its id, and the envelope that its fields spell, if it is ours.
package struct StreamEntry {
    package let id: EntryID
    /// The id as Redis gave it.
    package let rawID: String
    /// nil: a foreign entry. Redis is untrusted input: what has no valid envelope, or another source, was not published
    /// by the topic's owner, is never handled and is taken out by the relay.
    package let envelope: Envelope?
    /// Names and values in turn. Kept of whatever may be set aside: an entry whose envelope is valid may be foreign too.
    package let fields: [[UInt8]]
    /// What can be told of it where its envelope is not valid: it is ours all the same if an entry of ours follows and counts on.
    package let salvaged: Envelope?

    /// Reads `[id, [name, value, …]]`.
    package init(_ reply: borrowing RedisReply, source: String) throws {
        rawID = try reply.withElement(0) { try $0.string() }
        let parsed = EntryID(rawID)
        envelope = parsed == nil ? nil : try reply.withElement(1) { Envelope(fields: $0, source: source) }
        let id = parsed ?? EntryID(clamping: rawID)
        self.id = id
        fields = try reply.withElement(1) { fields in
            // A nil field array: the entry was deleted while it was pending.
            guard fields.kind == .array else { return [] }
            var values: [[UInt8]] = []
            try fields.forEach { values.append(try $0.bytes()) }
            return values
        }
        salvaged =
            envelope != nil || parsed == nil
            ? nil : try reply.withElement(1) { Envelope(salvaging: $0, at: id, source: source) }
    }

    /// Which of these entries, that follow one another, are ours: those whose envelope is valid, and those that such a one follows
    /// and counts on from. Workers tell it by the same rule, so whatever they take the log has to have.
    package static func areOurs(_ entries: [StreamEntry]) -> [Bool] {
        var ours = entries.map { $0.envelope != nil }
        for index in entries.indices.dropLast().reversed() where !ours[index] && ours[index + 1] {
            let (id, next) = (entries[index].id, entries[index + 1].id)
            ours[index] =
                entries[index].salvaged != nil && next > id && id.position < .max && next.position == id.position + 1
        }
        return ours
    }

    /// Whether an entry is ours, without a copy of it.
    package static func isOurs(_ reply: borrowing RedisReply, source: String) throws -> Bool {
        guard try reply.withElement(0, { try $0.withBytes { EntryID(utf8: $0) } }) != nil else { return false }
        return try reply.withElement(1) { Envelope(fields: $0, source: source) } != nil
    }

    /// The value of a field; of a name that comes twice, the last.
    package func value(of name: String) -> [UInt8]? { Self.value(of: name, in: fields) }

    private static func value(of name: String, in fields: [[UInt8]]) -> [UInt8]? {
        var index = fields.count - fields.count % 2
        while index >= 2 {
            index -= 2
            if fields[index].elementsEqual(name.utf8) { return fields[index + 1] }
        }
        return nil
    }
}
