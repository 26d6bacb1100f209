import Foundation
import Perch
import PerchProtocol
import Postgres

/// What the events of a run look like to the code that reads them: an event of the simulation is a number, here it has bytes.
struct EventContents {
    static let source = "owner"
    static let type = EventType(rawValue: "thing_happened")

    private let subjects: [String]
    /// The key of an event that was published, by its number.
    private let key: (Int) -> Int

    init(keys: Int, partitions: Int, key: @escaping (Int) -> Int) {
        self.key = key
        // The simulation deals keys out in turn; here the partition is that of the text, as everywhere.
        subjects = (0..<keys).map { key in
            (0...).lazy.map { "\(key)-\($0)" }.first {
                PartitionNumber(key: $0, of: partitions).rawValue == key % partitions
            } ?? ""
        }
    }

    func subject(ofKey key: Int) -> String { key >= 0 ? subjects[key] : "forged" }

    static func key(of subject: String) -> Int { Int(subject.prefix { $0 != "-" }) ?? -1 }

    func envelope(of event: Int) -> Envelope {
        Envelope(
            id: Self.id(of: event),
            source: Self.source,
            type: Self.type,
            version: 1,
            subject: subject(of: event),
            time: Self.time(of: event),
            data: Self.data(of: event)
        )
    }

    func subject(of event: Int) -> String { subject(ofKey: event >= 0 ? key(event) : -1) }

    /// The fields of its entry: valid, or in one of the many ways in which what others add to a stream is not.
    func fields(of event: Int) -> [[UInt8]] {
        if event <= Entry.unreadable { return Self.fields(valid(event) + [("perchproblem", "it could not be read")]) }
        guard event < 0, event > Entry.forged else { return Self.fields(valid(event)) }
        var fields = valid(event)
        func set(_ name: String, _ value: String) {
            for index in fields.indices where fields[index].0 == name { fields[index].1 = value }
        }
        switch -event % 16 {
        case 0: return [Array("greeting".utf8), Array("hello".utf8)]
        case 1: set("source", "stranger")
        case 2: fields.removeAll { $0.0 == "data" }
        case 3, 4: set("dataschema", "\(Self.type)/4294967296")
        case 5: set("dataschema", "\(Self.type)/0")
        case 6: set("dataschema", "\(Self.type)/99999999999999999999")
        case 7: set("id", "no id")
        case 8: set("subject", "")
        case 9: set("subject", String(repeating: "k", count: 300))
        case 10: set("subject", "a\0b")
        case 11: set("data", "{\"n\":")
        case 12: fields.append(("data", "[]"))
        case 13: set("time", "99999-01-01T00:00:00.000Z")
        case 14: set("specversion", "0.3")
        default: return Self.fields(fields) + [[0xFF, 0xFE], [0xC0]] + [Array("source".utf8), Array("x".utf8)]
        }
        return Self.fields(fields)
    }

    private func valid(_ event: Int) -> [(String, String)] {
        let envelope = envelope(of: event)
        return [
            ("specversion", "1.0"), ("id", envelope.id.uuidString.lowercased()), ("source", envelope.source),
            ("type", envelope.type.rawValue), ("subject", envelope.subject), ("time", envelope.time.description),
            ("dataschema", "\(envelope.type)/\(envelope.version)"),
            ("data", String(decoding: envelope.data, as: UTF8.self)),
        ]
    }

    private static func fields(_ fields: [(String, String)]) -> [[UInt8]] {
        fields.flatMap { [Array($0.0.utf8), Array($0.1.utf8)] }
    }

    /// Which event has these fields; what has none of ours is nobody's.
    func event(of fields: [[UInt8]]) -> Int {
        for index in stride(from: 0, to: fields.count - 1, by: 2) where fields[index].elementsEqual("id".utf8) {
            if let id = UUID(uuidString: String(decoding: fields[index + 1], as: UTF8.self)) {
                return Self.event(of: id)
            }
        }
        return -1
    }

    // MARK: Ids

    private static let mark: [UInt8] = [0x01, 0x90, 0x00, 0x00, 0x00, 0x00, 0x70, 0x00]

    static func id(of event: Int) -> UUID {
        let bytes = mark + withUnsafeBytes(of: Int64(event).bigEndian, Array.init)
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            )
        )
    }

    static func event(of id: UUID) -> Int {
        let bytes = withUnsafeBytes(of: id.uuid, Array.init)
        guard Array(bytes.prefix(8)) == mark else { return -1 }
        let bits = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(Int64(bitPattern: bits))
    }

    static func time(of event: Int) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + Int64(event)) }

    static func data(of event: Int) -> [UInt8] { Array("{\"n\":\(event)}".utf8) }

    // MARK: Rows that somebody wrote in SQL

    /// Of an event that no reader takes: the door has to refuse its row.
    static func isRefused(_ event: Int) -> Bool { event % 21 == 9 }

    func uncheckedRow(_ event: Int, sequence: Int, partition: PartitionNumber, of partitions: Int) -> UncheckedRow {
        let isRefused = Self.isRefused(event)
        let kind = event / 21 % 5
        return UncheckedRow(
            topic: "t",
            partition: partition,
            partitions: isRefused && kind == 4 ? nil : partitions,
            sequence: Int64(sequence),
            type: Array((isRefused && kind == 0 ? "" : Self.type.rawValue).utf8),
            version: isRefused && kind == 1 ? 0 : 1,
            key: Array(subject(of: event).utf8),
            time: isRefused && kind == 2 ? nil : Self.time(of: event),
            data: isRefused && kind == 3 ? Array("{".utf8) : Self.data(of: event)
        )
    }
}
