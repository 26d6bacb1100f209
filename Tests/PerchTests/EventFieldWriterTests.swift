import Foundation
import Perch
import Testing

/// Events that write their fields by name, beside the same ones by `Encodable`.
@Suite struct EventFieldWriterTests {
    private struct Values: Codable, Sendable {
        var id = UUID(uuidString: "0199C1D2-8B4C-7D5E-9F6A-1B2C3D4E5F60") ?? UUID()
        var count = -7
        var name = "a name"
        var isOpen = true
        var ratio = 0.25
        var tags = ["a", "\"b\""]
        var maybeID: UUID?
        var maybeCount: Int?
        var maybeName: String?
        var maybeOpen: Bool?
        var maybeRatio: Double?
    }

    private struct Encoded: Event {
        static let type: EventType = "sampled"
        static let topic: TopicName = "samples"
        var values = Values()
        var version: Int { 1 }
        var key: String { "1" }

        init(_ values: Values) { self.values = values }
        init(from decoder: any Decoder) throws { values = try Values(from: decoder) }
        func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
    }

    private struct Written: Event {
        static let type: EventType = "sampled"
        static let topic: TopicName = "samples"
        var values = Values()
        var version: Int { 1 }
        var key: String { "1" }

        init(_ values: Values) { self.values = values }
        init(from decoder: any Decoder) throws { values = try Values(from: decoder) }
        func encode(to encoder: any Encoder) throws { Issue.record("asked to encode itself") }

        func write(to fields: inout EventFieldWriter) throws {
            try fields.write("id", values.id)
            try fields.write("count", values.count)
            try fields.write("name", values.name)
            try fields.write("isOpen", values.isOpen)
            try fields.write("ratio", values.ratio)
            try fields.write("tags", values.tags)
            try fields.write("maybeID", values.maybeID)
            try fields.write("maybeCount", values.maybeCount)
            try fields.write("maybeName", values.maybeName)
            try fields.write("maybeOpen", values.maybeOpen)
            try fields.write("maybeRatio", values.maybeRatio)
        }
    }

    private func expectTheSame(_ values: Values) throws {
        let encoded = try EventCoding.encode(Encoded(values))
        let written = try EventCoding.encode(Written(values))
        #expect(String(decoding: written, as: UTF8.self) == String(decoding: encoded, as: UTF8.self))
    }

    @Test func whatIsWrittenByNameIsWhatEncodableWrites() throws {
        try expectTheSame(Values())
        for number in [0, 9, 10, -10, .max, .min] {
            var values = Values()
            (values.count, values.maybeCount) = (number, number)
            (values.maybeID, values.maybeName, values.maybeOpen, values.maybeRatio) = (UUID(), "", false, -1e300)
            try expectTheSame(values)
        }
        // What is written with an escape, at each place of a word, and more than there is room for at first.
        for middle in ["", "\"", "\\", "\n", "\u{1}", "\u{1F}", "é", "\u{7F}", "😀"] {
            for length in Array(0..<18) + [5000] {
                var values = Values()
                values.name = String(repeating: "x", count: length) + middle + String(repeating: "y", count: length % 9)
                try expectTheSame(values)
            }
        }
    }

    /// An event of these fields.
    private struct Fields: Event {
        static let type: EventType = "sampled"
        static let topic: TopicName = "samples"
        var write: @Sendable (inout EventFieldWriter) throws -> Void
        var version: Int { 1 }
        var key: String { "1" }

        init(_ write: @escaping @Sendable (inout EventFieldWriter) throws -> Void) { self.write = write }
        init(from decoder: any Decoder) throws { write = { _ in } }
        func encode(to encoder: any Encoder) throws {}
        func write(to fields: inout EventFieldWriter) throws { try write(&fields) }
    }

    private func text(_ write: @escaping @Sendable (inout EventFieldWriter) throws -> Void) throws -> String {
        String(decoding: try EventCoding.encode(Fields(write)), as: UTF8.self)
    }

    @Test func anEventWithoutFieldsIsAnEmptyObject() throws {
        #expect(try text { _ in } == "{}")
        #expect(try text { try $0.write("none", nil as Int?) } == "{}")
    }

    @Test func aFieldThatComesTwiceIsRefusedAndOthersAreNot() throws {
        // "c" and "bb" differ in length and first byte and have the same sum.
        #expect(
            try text { fields in
                for name in ["c", "bb", "b", "cc", "ab", "ba", ""] as [StaticString] { try fields.write(name, 1) }
            } == #"{"c":1,"bb":1,"b":1,"cc":1,"ab":1,"ba":1,"":1}"#
        )
        for name in ["c", "bb", "", "a\"b"] as [StaticString] {
            let error = #expect(throws: EncodingError.self) {
                try text { fields in
                    try fields.write("c", 1)
                    try fields.write("bb", 1)
                    try fields.write("", 1)
                    try fields.write("a\"b", 1)
                    try fields.write(name, 1)
                }
            }
            #expect(String(describing: error).contains("second time"))
        }
    }

    @Test func anErrorThatTheEventSwallowsRefusesItAllTheSame() throws {
        for swallowing in [
            { @Sendable fields in try? fields.write("name", "a\0b") },
            { @Sendable fields in try? fields.write("ratio", Double.nan) },
            { @Sendable fields in try? fields.write("before", 2) },
        ] as [@Sendable (inout EventFieldWriter) -> Void] {
            #expect(throws: EncodingError.self) {
                try text { fields in
                    try fields.write("before", 1)
                    swallowing(&fields)
                    try fields.write("after", 1)
                }
            }
        }
    }

    @Test func whatPostgresOrJSONCannotHoldIsRefusedWithItsField() throws {
        let string = #expect(throws: EncodingError.self) { try self.text { try $0.write("name", "a\0b") } }
        #expect(String(describing: string).contains("name"))
        let number = #expect(throws: EncodingError.self) { try self.text { try $0.write("ratio", [1, Double.nan]) } }
        guard case .invalidValue(_, let context) = number else {
            Issue.record("expected an invalid value, got \(String(describing: number))")
            return
        }
        #expect(context.codingPath.map(\.stringValue).first == "ratio")
    }
}
