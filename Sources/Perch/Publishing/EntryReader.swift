import FoundationEssentials
import Postgres
import Redis

/// An entry that is ours, its attributes where they lie in the reply's memory.
struct EntryAttributes {
    let id: UUID
    let time: Timestamp
    /// The place of type and version among the reader's kinds.
    let kind: Int
    let subject: UnsafeRawBufferPointer
    let traceparent: UnsafeRawBufferPointer?
    let data: UnsafeRawBufferPointer
}

/// An event's type and version.
struct EventKind: Sendable, Hashable {
    let type: EventType
    let version: Int
}

/// Reads the entries of one reply: each attribute is checked in one pass and nothing is copied. Redis is untrusted input, and
/// this is run for each event.
///
/// An entry is ours if every attribute is there and valid and the source is the expected one. Fields with other names are
/// passed over: a later release may add some.
struct EntryReader: ~Copyable {
    private let source: [UInt8]
    private var json = JSONReader()
    /// Those that have come, in the order of their first coming. A kind may be there twice.
    private(set) var kinds: [EventKind] = []
    /// How they are written; as long as the reply's memory is there.
    private var spellings: [(type: UnsafeRawBufferPointer, dataschema: UnsafeRawBufferPointer)] = []
    private var lastTime = (text: UnsafeRawBufferPointer(start: nil, count: 0), time: Timestamp(milliseconds: 0))

    /// How many kinds are looked through: a topic has few, and hostile entries must not make it long.
    private static let mostKinds = 16

    init(source: String) { self.source = Array(source.utf8) }

    /// How many nodes the data has of the entry that was read last.
    var nodeCount: Int { json.nodeCount }

    /// Copies those nodes to where there is room for all.
    func copyNodes(to place: UnsafeMutablePointer<JSONNode>) { json.copyNodes(to: place) }

    /// Reads `[name, value, …]`; nil: a foreign entry.
    mutating func read(_ fields: UnsafeBufferPointer<ReplyNode>) -> EntryAttributes? {
        // What is no array of names and values is no entry of ours.
        guard let found = Found(fields), let specversion = found.specversion, specversion.isText("1.0"),
            isSource(found.source), let id = found.id.flatMap({ UUID(utf8: $0) }), let time = time(found.time),
            let kind = kind(found.type, found.dataschema), let subject = found.subject, subject.isAttribute,
            let data = found.data, data.count <= Envelope.Limits.data, isObject(data)
        else { return nil }
        let traceparent = found.traceparent.flatMap { $0.isEmpty || $0.isAttribute ? $0 : nil }
        return EntryAttributes(
            id: id,
            time: time,
            kind: kind,
            subject: subject,
            traceparent: traceparent,
            data: data
        )
    }

    /// The values of the fields; of a name that comes twice, the last.
    private struct Found {
        var specversion: UnsafeRawBufferPointer?
        var id: UnsafeRawBufferPointer?
        var source: UnsafeRawBufferPointer?
        var type: UnsafeRawBufferPointer?
        var subject: UnsafeRawBufferPointer?
        var time: UnsafeRawBufferPointer?
        var dataschema: UnsafeRawBufferPointer?
        var traceparent: UnsafeRawBufferPointer?
        var data: UnsafeRawBufferPointer?

        /// Nil where it is no array of names and values.
        @inline(__always)
        init?(_ fields: UnsafeBufferPointer<ReplyNode>) {
            guard fields.count % 2 == 0 else { return nil }
            var index = 0
            while index < fields.count {
                guard let name = fields[index].bytes, let value = fields[index + 1].bytes else { return nil }
                take(name, value)
                index += 2
            }
        }

        @inline(__always)
        private mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            switch name.count {
            case 2 where name.isText("id"): id = value
            case 4 where name.isText("type"): type = value
            case 4 where name.isText("time"): time = value
            case 4 where name.isText("data"): data = value
            case 6 where name.isText("source"): source = value
            case 7 where name.isText("subject"): subject = value
            case 10 where name.isText("dataschema"): dataschema = value
            case 11 where name.isText("specversion"): specversion = value
            case 11 where name.isText("traceparent"): traceparent = value
            default: break
            }
        }
    }

    private func isSource(_ value: UnsafeRawBufferPointer?) -> Bool {
        source.withUnsafeBytes { value?.hasBytes(of: $0) ?? false }
    }

    private mutating func isObject(_ data: UnsafeRawBufferPointer) -> Bool {
        (try? json.read(data)) != nil && json.isObject
    }

    /// Entries that follow one another were mostly published within the same second: only the milliseconds are read again.
    private mutating func time(_ text: UnsafeRawBufferPointer?) -> Timestamp? {
        guard let text else { return nil }
        guard let time = milliseconds(text).map({ Timestamp(milliseconds: $0) }) ?? Timestamp(utf8: text) else {
            return nil
        }
        lastTime = (text, time)
        return time
    }

    /// Of `2026-11-22T18:30:55.123Z`, if the text before it is as it was of the last one.
    private func milliseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count == 24, lastTime.text.count == 24, text[23] == UInt8(ascii: "Z"),
            UnsafeRawBufferPointer(rebasing: text[..<20]).hasBytes(of: .init(rebasing: lastTime.text[..<20]))
        else { return nil }
        let (first, second, third) = (text[20] &- 0x30, text[21] &- 0x30, text[22] &- 0x30)
        guard first < 10, second < 10, third < 10 else { return nil }
        let last = lastTime.time.milliseconds
        let ofSecond = ((last % 1000) + 1000) % 1000
        return last - ofSecond + Int64(first) * 100 + Int64(second) * 10 + Int64(third)
    }

    /// Mostly it is the same as of an entry before.
    private mutating func kind(_ type: UnsafeRawBufferPointer?, _ schema: UnsafeRawBufferPointer?) -> Int? {
        guard let type, let schema else { return nil }
        for index in spellings.indices.suffix(Self.mostKinds)
        where type.hasBytes(of: spellings[index].type) && schema.hasBytes(of: spellings[index].dataschema) {
            return index
        }
        guard type.isAttribute, schema.count <= Envelope.Limits.attribute, let version = version(of: type, schema)
        else { return nil }
        kinds.append(EventKind(type: EventType(rawValue: String(decoding: type, as: UTF8.self)), version: version))
        spellings.append((type, schema))
        return kinds.count - 1
    }

    /// Of `ticket_closed/1` the 1.
    private func version(of type: UnsafeRawBufferPointer, _ schema: UnsafeRawBufferPointer) -> Int? {
        guard schema.count > type.count + 1, schema.starts(with: type), schema[type.count] == UInt8(ascii: "/"),
            let version = Int(String(decoding: schema[(type.count + 1)...], as: UTF8.self)), version > 0
        else { return nil }
        return version
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it is what a text column of Postgres takes: not empty, within the limit, UTF-8, and without a NUL.
    fileprivate var isAttribute: Bool {
        guard !isEmpty, count <= Envelope.Limits.attribute else { return false }
        // Nearly always it is ASCII.
        return allSatisfy { $0 &- 1 < 0x7F } || (!contains(0) && String(validating: self, as: UTF8.self) != nil)
    }
}
