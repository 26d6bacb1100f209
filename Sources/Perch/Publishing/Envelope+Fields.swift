import FoundationEssentials
import Postgres
import Redis

extension Envelope {
    /// Reads the fields of an entry; nil unless every attribute is there and valid and the source is the expected one.
    /// Fields with other names are passed over: a later release may add some.
    ///
    /// It is run for each event: names and values are compared where they lie, and a string is made only of what is kept.
    init?(fields: borrowing RedisReply, source expected: String) {
        var attributes = Attributes(source: expected)
        // What is no array of names and values is no entry of ours.
        guard (try? fields.forEachField { attributes.read($0, $1) }) != nil, let envelope = attributes.envelope else {
            return nil
        }
        self = envelope
    }

    /// The attributes of an entry while they are being read.
    private struct Attributes {
        let source: String
        var isVersion1 = false
        var isOurs = false
        var id: UUID?
        var type: String?
        var subject: String?
        var time: Timestamp?
        var dataschema: String?
        var traceparent: String?
        var data: [UInt8]?

        init(source: String) { self.source = source }

        mutating func read(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            switch name.count {
            case 2 where name.isText("id"): id = UUID(utf8: value)
            case 4 where name.isText("type"): type = Self.text(value)
            case 4 where name.isText("time"): time = Timestamp(utf8: value)
            case 4 where name.isText("data"): data = value.count <= Limits.data ? Array(value) : nil
            case 6 where name.isText("source"): isOurs = value.elementsEqual(source.utf8)
            case 7 where name.isText("subject"): subject = Self.text(value)
            case 10 where name.isText("dataschema"): dataschema = Self.text(value)
            case 11 where name.isText("specversion"): isVersion1 = value.isText("1.0")
            case 11 where name.isText("traceparent"): traceparent = Self.text(value)
            default: break
            }
        }

        private static func text(_ value: UnsafeRawBufferPointer) -> String? {
            // No text column of Postgres takes a NUL.
            value.count <= Limits.attribute && !value.contains(0) ? String(validating: value, as: UTF8.self) : nil
        }

        var envelope: Envelope? {
            guard isVersion1, isOurs, let id, let type, let subject, let time, let data,
                !type.isEmpty, !subject.isEmpty, let version = version(of: type), isObject(data)
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

        /// Of `ticket_closed/1` the 1.
        private func version(of type: String) -> Int? {
            guard let bytes = dataschema?.utf8, bytes.count > type.utf8.count + 1, bytes.starts(with: type.utf8) else {
                return nil
            }
            let rest = bytes.dropFirst(type.utf8.count)
            guard rest.first == UInt8(ascii: "/"), let version = Int(Substring(rest.dropFirst())), version > 0 else {
                return nil
            }
            return version
        }

        private func isObject(_ data: [UInt8]) -> Bool { (try? JSONDocument(data))?.root.kind == .object }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are this text.
    fileprivate func isText(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount
            && elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension UUID {
    /// Reads the 36 characters; nil for anything else.
    init?(utf8 text: UnsafeRawBufferPointer) {
        guard text.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var digits = 0
        for index in 0..<36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard text[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = JSONReader.hexDigit(text[index]) else { return nil }
            if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            digits += 1
        }
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        self.init(
            uuid: (
                byte(high, 56), byte(high, 48), byte(high, 40), byte(high, 32), byte(high, 24), byte(high, 16),
                byte(high, 8), byte(high, 0), byte(low, 56), byte(low, 48), byte(low, 40), byte(low, 32),
                byte(low, 24), byte(low, 16), byte(low, 8), byte(low, 0)
            )
        )
    }
}
