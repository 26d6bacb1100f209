import Foundation
import StrictJSON
import Testing

@testable import Perch

@Suite struct ContractJSONTests {
    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "nul", "nulll",
        "tru", "1 2", "'a'",
        "01", "-", "-a", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "Infinity", "1e999", "-1e999", "1e-999",
        "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u00zz\"", "\"a\nb\"", "\"\u{1}\"", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\udc00\\ud800\"",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"é\":1,\"e\u{301}\":2}", "{\"a\":{\"b\":1,\"b\":1}}",
        "\u{FEFF}{}", "{} {}", "{}\0", "[1]//", "\u{A0}1",
    ])
    func whatReadersUnderstandDifferentlyIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80],
            [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x28],
        ] as [[UInt8]]
    )
    func badUTF8IsRefused(_ bytes: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        #expect(throws: JSONError.self) { try JSONDocument(quote + bytes + quote) }
        #expect(throws: JSONError.self) { try JSONDocument(quote + bytes) }
    }

    @Test func allOfUnicodeIsRead() throws {
        let scalars: [Unicode.Scalar] = [
            "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
        ]
        for scalar in scalars {
            let text = "\"\(Character(scalar))\""
            let value = try JSONDocument(Array(text.utf8)).root
            #expect(value.string == String(Character(scalar)))
        }
        let escaped = try JSONDocument(Array(#""\"\\\/\b\f\n\r\té\u00e9\uD83D\ude00\uffff""#.utf8)).root
        #expect(escaped.string == "\"\\/\u{8}\u{C}\n\r\téé😀\u{FFFF}")
    }

    @Test func nestingEndsAt32() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONDocument(nested(32)) }
        #expect(throws: JSONError.self) { try JSONDocument(nested(33)) }
        #expect(throws: JSONError.self) { try JSONDocument(nested(1_000_000)) }
        let object = String(repeating: "{\"a\":", count: 33) + "1" + String(repeating: "}", count: 33)
        #expect(throws: JSONError.self) { try JSONDocument(Array(object.utf8)) }
    }

    @Test func aKeyForTheSecondTimeIsFoundWhereverItStands() throws {
        // Of equal lengths, of equal first bytes, of neither; "c" and "bb" differ in both and have the same sum.
        let keys = [
            "", "a", "b", "c", "bb", "ab", "ba", "abc", "acb", "account", "amount", "b234567", "b23456789abcdef",
        ]
        func document(_ keys: [String]) throws -> JSONDocument {
            try JSONDocument(Array("{\(keys.map { "\"\($0)\":{\"a\":1}" }.joined(separator: ","))}".utf8))
        }
        for count in 0...keys.count {
            #expect(try document(Array(keys[..<count])).root.members.count == count)
            for key in keys[..<count] {
                for place in 0...count {
                    var twice = Array(keys[..<count])
                    twice.insert(key, at: place)
                    #expect(throws: JSONError.self) { try document(twice) }
                }
            }
        }
    }

    @Test func manyKeysAreComparedToo() throws {
        let members = (0..<20_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        #expect(try JSONDocument(Array("{\(members)}".utf8)).root["key19999"]?.lexeme == "19999")
        #expect(throws: JSONError.self) { try JSONDocument(Array("{\(members),\"key7\":1}".utf8)) }
    }

    @Test func anErrorTellsWhereAndWhat() {
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array("{\"a\": x}".utf8)) }
        #expect(error?.description == "not valid JSON at byte 6: expected a value, found `x`")
    }

    /// Whatever ours accepts, Foundation accepts and understands the same.
    @Test func foundationAgreesOnWhatIsAccepted() throws {
        var random = SplitMix64(state: 0x5EED)
        var accepted = 0
        for _ in 0..<60_000 {
            let bytes = JSONFuzz.text(&random)
            guard let document = try? JSONDocument(bytes) else { continue }
            accepted += 1
            let theirs: Any
            do {
                theirs = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            } catch {
                Issue.record("Foundation refuses \(String(decoding: bytes, as: UTF8.self)): \(error)")
                continue
            }
            let isSame = JSONFuzz.same(document.root, theirs)
            #expect(isSame, "Foundation reads \(String(decoding: bytes, as: UTF8.self)) as \(theirs)")
        }
        // A fuzz of which nothing is accepted would prove nothing.
        #expect(accepted > 10_000)
    }
}

/// Random JSON, half of it damaged.
private enum JSONFuzz {
    static let strings = [
        "", "a", "b", "key", "é", "e\u{301}", "żółw", "😀", #"\n"#, #"\u0061"#, #"\ud83d\ude00"#, #"\u00e9"#, #"\/"#,
        "\u{7F}", "\u{2028}",
        #"\ufeff"#, "\u{FFFE}", #"\u001f"#,
    ]
    static let numbers = [
        "0", "-0", "1", "-1", "12.50", "1e2", "1E+2", "1e-7", "0.1", "9007199254740993", "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808", "18446744073709551615", "123456789012345678901234567890", "1.7976931348623157e308",
        "5e-324", "0e5", "0.0",
        "2.2250738585072011e-308", "-0.0", "1.0",
    ]
    static let damage = Array("{}[]:,\"\\u0e.-1 tfn\n\u{0}".utf8) + [0x80, 0xC3, 0xED, 0xF0, 0xFF]

    static func text(_ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(value(&random, depth: 0).utf8)
        guard Bool.random(using: &random) else { return bytes }
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let index = Int.random(in: 0...bytes.count, using: &random)
            let byte = damage.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.insert(byte, at: index)
            case 1 where index < bytes.count: bytes[index] = byte
            case _ where index < bytes.count: bytes.remove(at: index)
            default: break
            }
        }
        return bytes
    }

    private static func value(_ random: inout SplitMix64, depth: Int) -> String {
        func pick(_ choices: [String], _ random: inout SplitMix64) -> String {
            choices.randomElement(using: &random) ?? ""
        }
        let space = pick(["", "", "", " ", "\n\t\r"], &random)
        switch Int.random(in: 0..<(depth < 4 ? 7 : 4), using: &random) {
        case 0: return pick(numbers, &random) + space
        case 1: return "\"" + pick(strings, &random) + pick(strings, &random) + "\"" + space
        case 2: return pick(["null", "true", "false"], &random)
        case 3: return pick(["{}", "[]", "[ ]"], &random)
        case 4:
            let elements = (0..<Int.random(in: 0..<4, using: &random)).map { _ in value(&random, depth: depth + 1) }
            return "[" + space + elements.joined(separator: ",") + "]"
        default:
            let members = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
                "\"" + pick(strings, &random) + "\":" + space + value(&random, depth: depth + 1)
            }
            return "{" + members.joined(separator: space + ",") + "}"
        }
    }

    static func same(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch ours.kind {
        case .null: return theirs is NSNull
        case .boolean: return (theirs as? Bool) == ours.boolean
        case .string:
            guard let string = theirs as? String, let mine = ours.string else { return false }
            return Array(string.utf8) == Array(mine.utf8)
        case .integer, .decimal:
            guard let number = theirs as? NSNumber else { return false }
            if ours.kind == .integer, let integer = Int64(ours.lexeme) { return number.int64Value == integer }
            // Foundation reads long numbers as decimals, which it rounds to a double otherwise than strtod.
            let (mine, other) = (Double(ours.lexeme) ?? .nan, number.doubleValue)
            return abs(mine - other) <= abs(mine) * 1e-14
        case .array:
            guard let elements = theirs as? [Any] else { return false }
            return elements.count == ours.elements.count && zip(ours.elements, elements).allSatisfy { same($0, $1) }
        case .object:
            guard let members = theirs as? [String: Any] else { return false }
            return members.count == ours.members.count
                && ours.members.allSatisfy { key, value in
                    members[key].map { same(value, $0) } ?? false && ours[key]?.lexeme == value.lexeme
                }
        }
    }
}

/// A random number generator whose sequence is the same on every run.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
