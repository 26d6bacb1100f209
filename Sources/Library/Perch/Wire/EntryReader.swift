import FoundationEssentials
package import Postgres
import Redis
import StrictJSON

/// An entry that is ours, its attributes where they lie in the reply's memory.
struct EntryAttributes {
    let id: UUID
    let time: Timestamp
    /// The place of type and version among the reader's kinds.
    let kind: Int
    let subject: UnsafeRawBufferPointer
    let traceparent: UnsafeRawBufferPointer?
    let data: UnsafeRawBufferPointer
    /// Why it cannot be read though it is ours: it is a dead letter. Mostly nil.
    var problem: UnsafeRawBufferPointer?
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
    /// The field by which the relay says of an event that no reader takes why that is so. It has a place in the log, so it has
    /// one in the stream; its data is as it was published.
    static let problemField: StaticString = "perchproblem"
    /// Bytes; the relay's own are far shorter.
    private static let mostOfProblem = 4096

    private let source: [UInt8]
    private var json = JSONReader()
    /// Those that have come, in the order of their first coming. A kind may be there twice.
    private(set) var kinds: [EventKind]
    /// How they are written; as long as the reply's memory is there.
    private var spellings: [(type: UnsafeRawBufferPointer, dataschema: UnsafeRawBufferPointer, kind: Int)] = []
    private var lastTime = (text: UnsafeRawBufferPointer(start: nil, count: 0), time: Timestamp(milliseconds: 0))

    /// How many kinds are looked through: a topic has few, and hostile entries must not make it long.
    private static let mostKinds = 16

    /// None but in the simulation.
    private let mistakes: Mistakes

    /// - Parameter kinds: Those that have come before, of entries that stay as they were read.
    init(source: String, kinds: [EventKind] = [], mistakes: Mistakes = []) {
        self.source = Array(source.utf8)
        self.kinds = kinds
        self.mistakes = mistakes
    }

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
            let data = found.data, data.count <= Envelope.Limits.data,
            found.problem.map({ $0.count <= Self.mostOfProblem }) ?? isObject(data)
        else { return nil }
        let traceparent = found.traceparent.flatMap { $0.isEmpty || $0.isAttribute ? $0 : nil }
        return EntryAttributes(
            id: id,
            time: time,
            kind: kind,
            subject: subject,
            traceparent: traceparent,
            data: data,
            problem: found.problem
        )
    }

    /// Of an entry that `read` has refused, and that is ours by its place: what can be told of it. Texts that have to be made
    /// lie in the memory.
    mutating func salvage(
        _ fields: UnsafeBufferPointer<ReplyNode>,
        at entryID: EntryID,
        in memory: ReplyMemory
    ) -> EntryAttributes {
        let found = Found(fields)
        let type = found?.type.flatMap { $0.isAttribute ? String(decoding: $0, as: UTF8.self) : nil } ?? "unreadable"
        var version: Int?
        if let type = found?.type, let schema = found?.dataschema { version = self.version(of: type, schema) }
        var reason = "it has no fields"
        if let found { reason = problem(of: found) }
        kinds.append(EventKind(type: EventType(rawValue: type), version: version ?? 1))
        let subject = found?.subject.flatMap { $0.isAttribute ? $0 : nil }
        let traceparent = found?.traceparent.flatMap { $0.isEmpty || $0.isAttribute ? $0 : nil }
        return EntryAttributes(
            id: found?.id.flatMap { UUID(utf8: $0) } ?? UUID(of: entryID),
            time: found?.time.flatMap { Timestamp(utf8: $0) } ?? Timestamp(milliseconds: entryID.milliseconds).inYears,
            kind: kinds.count - 1,
            subject: subject ?? memory.copy(Array("unreadable \(entryID)".utf8)),
            traceparent: traceparent,
            data: found?.data ?? memory.copy(Self.listing(fields)),
            problem: memory.copy(Array("the entry cannot be read: \(reason)".utf8))
        )
    }

    /// What is wrong with it, in words.
    private mutating func problem(of found: Found) -> String {
        if found.specversion?.isText("1.0") != true { return "specversion is not 1.0" }
        if !isSource(found.source) { return "source is another one" }
        if found.id.flatMap({ UUID(utf8: $0) }) == nil { return "id is no UUID" }
        if found.time.flatMap({ Timestamp(utf8: $0) }) == nil { return "time is no time in UTC with milliseconds" }
        if found.type?.isAttribute != true { return "type is empty, too long or no text" }
        if found.subject?.isAttribute != true { return "subject is empty, too long or no text" }
        guard let data = found.data else { return "it has no data" }
        if let problem = Self.problem(ofData: data, &json) { return "data: \(problem)" }
        return "dataschema is not TYPE/VERSION"
    }

    /// Why no reader takes an event of these attributes; nil: each does. The door of the outbox asks this before an event gets
    /// its position.
    static func problem(
        type: UnsafeRawBufferPointer,
        version: Int32,
        key: UnsafeRawBufferPointer,
        time: Timestamp?,
        data: UnsafeRawBufferPointer,
        _ json: inout JSONReader
    ) -> String? {
        guard type.isAttribute,
            type.count + 1 + Int(version.magnitude).description.utf8.count <= Envelope.Limits.attribute
        else { return "type: it is empty, or longer than \(Envelope.Limits.attribute) bytes with its version" }
        guard version > 0 else { return "version: it is \(version)" }
        guard key.isAttribute else { return "key: it is empty, or longer than \(Envelope.Limits.attribute) bytes" }
        guard let time, time.isInYears else { return "time: it is not within the years 1 to 9999" }
        return problem(ofData: data, &json).map { "data: \($0)" }
    }

    /// The same of its data alone.
    static func problem(ofData data: UnsafeRawBufferPointer, _ json: inout JSONReader) -> String? {
        guard data.count <= Envelope.Limits.data else { return "more than \(Envelope.Limits.data) bytes" }
        do throws(JSONError) {
            try json.read(data)
        } catch {
            return error.description
        }
        return json.isObject ? nil : "no JSON object"
    }

    private static func listing(_ fields: UnsafeBufferPointer<ReplyNode>) -> [UInt8] {
        var text: [UInt8] = []
        for (index, field) in fields.enumerated() {
            text += field.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
            text.append(UInt8(ascii: index % 2 == 0 ? " " : "\n"))
        }
        return text
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
        var problem: UnsafeRawBufferPointer?

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
            case 12 where name.isText("perchproblem"): problem = value
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
            return spellings[index].kind
        }
        guard type.isAttribute, schema.count <= Envelope.Limits.attribute, let version = version(of: type, schema)
        else { return nil }
        kinds.append(EventKind(type: EventType(rawValue: String(decoding: type, as: UTF8.self)), version: version))
        spellings.append((type, schema, kinds.count - 1))
        return kinds.count - 1
    }

    /// Of `ticket_closed/1` the 1. Only digits, no leading zero, and no more than an `int` of Postgres holds.
    private func version(of type: UnsafeRawBufferPointer, _ schema: UnsafeRawBufferPointer) -> Int? {
        guard schema.count > type.count + 1, schema.starts(with: type), schema[type.count] == UInt8(ascii: "/") else {
            return nil
        }
        let digits = schema[(type.count + 1)...]
        guard digits.count <= 10, digits.first != UInt8(ascii: "0"), digits.allSatisfy({ $0 &- 0x30 < 10 }) else {
            return nil
        }
        let version = digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
        return version <= Int(Int32.max) || mistakes.contains(.widthNotChecked) ? version : nil
    }
}

extension Timestamp {
    /// What RFC 3339 can say: from the first microsecond of year 1 to the last of year 9999.
    private static let firstInYears: Int64 = -62_135_596_800_000_000
    private static let lastInYears: Int64 = 253_402_300_799_999_999

    var isInYears: Bool { microsecondsSince1970 >= Self.firstInYears && microsecondsSince1970 <= Self.lastInYears }

    /// The nearest point that RFC 3339 can say.
    package var inYears: Timestamp {
        Timestamp(microsecondsSince1970: min(max(microsecondsSince1970, Self.firstInYears), Self.lastInYears))
    }
}

extension UUID {
    /// For an entry whose event has no id that can be read: the same each time it comes.
    fileprivate init(of entryID: EntryID) {
        func byte(_ number: Int64, _ index: Int64) -> UInt8 { UInt8(truncatingIfNeeded: number >> (56 - 8 * index)) }
        let (time, place) = (entryID.milliseconds, entryID.position)
        // Version 8: by a rule of one's own.
        self.init(
            uuid: (
                byte(time, 2), byte(time, 3), byte(time, 4), byte(time, 5), byte(time, 6), byte(time, 7), 0x80, 0,
                0x80 | (byte(place, 0) & 0x3F), byte(place, 1), byte(place, 2), byte(place, 3), byte(place, 4),
                byte(place, 5),
                byte(place, 6), byte(place, 7)
            )
        )
    }
}

extension ReplyMemory {
    /// A text that is kept with it.
    func copy(_ text: [UInt8]) -> UnsafeRawBufferPointer {
        let place = UnsafeMutableRawBufferPointer(start: allocate(byteCount: text.count), count: text.count)
        place.copyBytes(from: text)
        return UnsafeRawBufferPointer(place)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it is what a text column of Postgres takes: not empty, within the limit, UTF-8, and without a NUL.
    var isAttribute: Bool {
        guard !isEmpty, count <= Envelope.Limits.attribute else { return false }
        // Nearly always it is ASCII.
        return allSatisfy { $0 &- 1 < 0x7F } || (!contains(0) && String(validating: self, as: UTF8.self) != nil)
    }
}
