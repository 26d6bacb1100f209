import Foundation
import Postgres
import StrictJSON
import Testing

@testable import Perch

/// An event that reads its members by name is as strict as one that is decoded, and says the same.
@Suite struct EventFieldsTests {
    struct Decoded: Event, Hashable {
        static let type: EventType = "sample_taken"
        static let topic: TopicName = "samples"
        var version: Int { 1 }
        var key: String { "k" }

        var id: UUID
        var otherID: UUID?
        var name: String
        var nickname: String?
        var count: Int
        var rest: Int?
        var isTrue: Bool
        var isSure: Bool?
        var ratio: Double
        var small: UInt8
        var at: Timestamp?
        var list: [Int]
    }

    struct Named: Event, Hashable {
        static let type = Decoded.type
        static let topic = Decoded.topic
        var version: Int { 1 }
        var key: String { "k" }
        let all: Decoded

        init(reading fields: borrowing EventFields) throws {
            all = Decoded(
                id: try fields["id"],
                otherID: try fields["otherID"],
                name: try fields["name"],
                nickname: try fields["nickname"],
                count: try fields["count"],
                rest: try fields["rest"],
                isTrue: try fields["isTrue"],
                isSure: try fields["isSure"],
                ratio: try fields["ratio"],
                small: try fields["small"],
                at: try fields["at"],
                list: try fields["list"]
            )
        }
    }

    private static let base: [(String, String)] = [
        ("id", #""0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60""#), ("name", #""n""#), ("count", "-7"), ("isTrue", "true"),
        ("ratio", "0.5"), ("small", "255"), ("list", "[1,2]"),
    ]

    private func outcome<E: Event>(_ type: E.Type, _ json: String) -> Result<E, UndecodableEvent> {
        Result { () throws(UndecodableEvent) in try EventCoding.decode(type, from: Array(json.utf8)) }
    }

    @Test func bothWaysReadTheSameAndRefuseTheSame() throws {
        let names = [
            "id", "otherID", "name", "nickname", "count", "rest", "isTrue", "isSure", "ratio", "small", "at", "list",
        ]
        let values: [String?] = [
            nil, "null", "1", "1.0", "1e2", "-0", "256", "-1", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "-9223372036854775809", "0.1", "true", "false", #""""#, #""text""#, #""\u00e9é😀""#,
            #""0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60""#, #""0199C1D2-8B4C-7D5E-9F6A-1B2C3D4E5F60""#,
            #""0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f6\u0030""#, #""0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f6g""#,
            #""0199c1d28b4c-7d5e-9f6a-1b2c3d4e5f600""#, #""2026-11-22T18:30:55.123Z""#, "[]", "[1]", "[null]", "{}",
        ]
        var accepted = 0
        for name in names {
            for value in values {
                var members = Self.base.filter { $0.0 != name }
                if let value { members.insert((name, value), at: members.count / 2) }
                let json = "{" + members.map { "\"\($0.0)\": \($0.1)" }.joined(separator: " ,") + "}"
                let decoded = outcome(Decoded.self, json)
                let named = outcome(Named.self, json).map(\.all)
                #expect(named == decoded, "\(json)")
                if case .success = decoded { accepted += 1 }
            }
        }
        #expect(accepted > 40)
    }

    @Test func aMemberIsFoundWhereverItStandsWhicheverWasReadBefore() throws {
        // What lies deeper has the same names.
        let inner = ("inner", #"{"id":1,"name":2,"count":"3","isTrue":4,"last":[{"last":5}]}"#)
        let members = Self.base + [inner]
        let expected = try outcome(Decoded.self, object(members)).get()
        for first in members.indices {
            let turned = Array(members[first...] + members[..<first])
            for members in [turned, turned.reversed()] {
                #expect(try outcome(Named.self, object(members)).get().all == expected, "\(object(members))")
            }
        }
        let again = try outcome(ReadAgain.self, #"{"first":1,"last":2}"#).get()
        #expect(again.read == [2, 2, nil, 1, 2, 1])
        #expect(try outcome(ReadAgain.self, #"{"la\u0073t":2,"first":1}"#).get().read == again.read)
    }

    private struct ReadAgain: Event {
        static let type = Decoded.type
        static let topic = Decoded.topic
        var version: Int { 1 }
        var key: String { "k" }
        let read: [Int?]

        init(reading fields: borrowing EventFields) throws {
            read = [
                try fields["last"], try fields["last"], try fields["none"], try fields["first"], try fields["last"],
                try fields["first"],
            ]
        }
    }

    private func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    @Test(arguments: [
        "[]", "1", #"{"id""#, #"{"a":1,"a":2}"#, #"{"name":"\ud800"}"#, "", "null",
    ])
    func whatIsNoObjectOrNoJSONIsRefusedInTheSameWords(_ json: String) throws {
        let decoded = #expect(throws: UndecodableEvent.self) { try outcome(Decoded.self, json).get() }
        let named = #expect(throws: UndecodableEvent.self) { try outcome(Named.self, json).get() }
        #expect(named == decoded)
    }

    @Test func aNameThatIsWrittenWithEscapesIsFound() throws {
        let json = Self.base.map { ($0.0 == "count" ? #"c\u006funt"# : $0.0, $0.1) }
            .map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        #expect(try outcome(Named.self, "{\(json)}").get().all.count == -7)
    }

    @Test func aUUIDIsReadAsFoundationReadsIt() throws {
        let text = Array("0199c1d2-8B4c-7d5e-9f6a-1b2c3d4e5f60".utf8)
        for place in text.indices {
            for byte in UInt8.min ... .max {
                var changed = text
                changed[place] = byte
                let ours = changed.withUnsafeBytes { UUID(utf8: $0) }
                let isDigit = Character(Unicode.Scalar(byte)).isHexDigit && byte < 0x80
                let isDash = [8, 13, 18, 23].contains(place)
                let isValid = isDash ? byte == UInt8(ascii: "-") : isDigit
                #expect((ours != nil) == isValid)
                if isValid { #expect(ours == UUID(uuidString: String(decoding: changed, as: UTF8.self))) }
            }
        }
        for text in ["", "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f6", "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f600"] {
            #expect(Array(text.utf8).withUnsafeBytes { UUID(utf8: $0) } == nil)
        }
    }

    /// Strings are passed over eight bytes at a time: what ends that must be seen at each place in a word.
    @Test func nothingIsPassedOverInAString() throws {
        for length in 0..<20 {
            let before = String(repeating: "~", count: length)
            for after in ["", "1234567", "12345678", "123456789abcdef01"] {
                func document(_ middle: String) throws -> JSONDocument {
                    try JSONDocument(Array("[\"\(before)\(middle)\(after)\"]".utf8))
                }
                #expect(try document("").root.elements[0].string == before + after)
                #expect(try document(#"\""#).root.elements[0].string == before + "\"" + after)
                #expect(try document("é\u{7F} ").root.elements[0].string == before + "é\u{7F} " + after)
                for wrong in ["\u{0}", "\u{1F}", "\\x", "\"", "\n"] {
                    #expect(throws: JSONError.self) { try document(wrong) }
                }
                for byte: UInt8 in [0x80, 0xBF, 0xFF, 0xC0] {
                    let text = Array("[\"\(before)".utf8) + [byte] + Array("\(after)\"]".utf8)
                    #expect(throws: JSONError.self) { try JSONDocument(text) }
                }
            }
        }
    }
}
