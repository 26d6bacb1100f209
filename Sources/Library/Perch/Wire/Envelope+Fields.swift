import FoundationEssentials
import Postgres
import Redis

extension Envelope {
    /// Reads the fields of an entry; nil: it is foreign, as `EntryReader` tells.
    init?(fields: borrowing RedisReply, source: String) {
        var reader = EntryReader(source: source)
        guard let elements = try? fields.elements, let attributes = reader.read(elements) else { return nil }
        self.init(attributes, reader.kinds[attributes.kind], source: source)
    }

    /// What can be told of the fields of an entry that is not valid; nil: they are no fields at all.
    init?(salvaging fields: borrowing RedisReply, at entryID: EntryID, source: String) {
        var reader = EntryReader(source: source)
        let memory = ReplyMemory(capacity: 1024)
        guard let elements = try? fields.elements else { return nil }
        let attributes = reader.salvage(elements, at: entryID, in: memory)
        self.init(attributes, reader.kinds[attributes.kind], source: source)
        withExtendedLifetime(memory) {}
    }

    init(_ attributes: EntryAttributes, _ kind: EventKind, source: String) {
        self.init(
            id: attributes.id,
            source: source,
            type: kind.type,
            version: kind.version,
            subject: String(decoding: attributes.subject, as: UTF8.self),
            time: attributes.time,
            traceparent: attributes.traceparent.map { String(decoding: $0, as: UTF8.self) },
            data: Array(attributes.data)
        )
    }
}
