import FoundationEssentials
import Postgres
import Redis

/// An entry as a stream holds it: its id, and the envelope that its fields spell, if it is ours.
struct StreamEntry {
    let id: EntryID
    /// The id as Redis gave it.
    let rawID: String
    /// nil: a foreign entry. Redis is untrusted input: what has no valid envelope, or another source, was not published
    /// by the topic's owner, is never handled and is taken out by the relay.
    let envelope: Envelope?
    /// Names and values in turn, kept for foreign entries only.
    let fields: [[UInt8]]

    /// Reads `[id, [name, value, …]]`.
    init(_ reply: borrowing RedisReply, source: String) throws {
        rawID = try reply.withElement(0) { try $0.string() }
        let parsed = EntryID(rawID)
        id = parsed ?? EntryID(clamping: rawID)
        envelope =
            parsed == nil ? nil : try reply.withElement(1) { try Envelope(fields: $0, source: source) }
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

extension Envelope {
    /// Reads the fields of an entry; nil unless every attribute is there and valid and the source is the expected one.
    /// Fields with other names are passed over: a later release may add some.
    init?(fields: borrowing RedisReply, source expected: String) throws {
        guard fields.kind == .array, try fields.count % 2 == 0 else { return nil }
        var attributes = Attributes()
        for index in stride(from: 0, to: try fields.count, by: 2) {
            try fields.withElement(index) { name in
                try fields.withElement(index + 1) { value in try attributes.read(name, value) }
            }
        }
        guard let envelope = attributes.envelope, envelope.source == expected else { return nil }
        self = envelope
    }

    /// The attributes of an entry while they are being read.
    private struct Attributes {
        var specversion: String?
        var id: UUID?
        var source: String?
        var type: String?
        var subject: String?
        var time: Timestamp?
        var dataschema: String?
        var traceparent: String?
        var data: [UInt8]?

        mutating func read(_ name: borrowing RedisReply, _ value: borrowing RedisReply) throws {
            switch try Self.text(name) {
            case "specversion": specversion = try Self.text(value)
            case "id": id = try Self.text(value).flatMap { UUID(uuidString: $0) }
            case "source": source = try Self.text(value)
            case "type": type = try Self.text(value)
            case "subject": subject = try Self.text(value)
            case "time": time = try Self.text(value).flatMap { Timestamp($0) }
            case "dataschema": dataschema = try Self.text(value)
            case "traceparent": traceparent = try Self.text(value)
            case "data": data = try value.withBytes { $0.count <= Limits.data ? Array($0) : nil }
            default: break
            }
        }

        private static func text(_ value: borrowing RedisReply) throws -> String? {
            try value.withBytes { bytes in
                // No text column of Postgres takes a NUL.
                bytes.count <= Limits.attribute && !bytes.contains(0) ? String(validating: bytes, as: UTF8.self) : nil
            }
        }

        var envelope: Envelope? {
            guard specversion == "1.0", let id, let source, let type, let subject, let time, let dataschema, let data,
                !type.isEmpty, !subject.isEmpty,
                dataschema.hasPrefix(type + "/"), let version = Int(dataschema.dropFirst(type.count + 1)), version > 0,
                (try? JSONDocument(data))?.root.kind == .object
            else { return nil }
            return Envelope(
                id: id,
                source: source,
                type: EventType(rawValue: type),
                version: version,
                subject: subject,
                time: time,
                traceparent: traceparent,
                data: data
            )
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
