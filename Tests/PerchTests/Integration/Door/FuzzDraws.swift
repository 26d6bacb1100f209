import Foundation

/// Draws rows and entries from real ones, all from one seed: SplitMix64.
struct FuzzDraws {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

    mutating func chance(_ perCent: Int) -> Bool { below(100) < perCent }

    mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

    /// What readers disagree on, and what has hurt before.
    private static let tokens = [
        #"\ud800"#, #"\udc00"#, #"\u0000"#, #"\\u0000"#, #"\u00e9"#, "1e99999", "1e400", "-0", "1.0", "01", "+1", "NaN",
        #""order":"x","#, #""count":1,"#, "null", "true", "[", "]", "{", "}", "\"", "\\", ",", ":", "\n", "\t", "\u{7}",
        "é",
        "e\u{301}", "\u{202E}", "\u{FEFF}", "\u{10FFFF}", "9223372036854775808", "-1", "3000000000",
    ]

    /// A text with some of its bytes changed.
    mutating func mutated(_ text: String, _ most: Int = 3) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<below(most + 1) {
            let place = below(bytes.count + 1)
            switch below(7) {
            case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 1 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
            case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + below(20))], at: place)
            case 3 where chance(20):
                let depth = 25 + below(20)
                bytes.insert(contentsOf: String(repeating: "[", count: depth).utf8, at: place)
                bytes += String(repeating: "]", count: depth).utf8
            case 4 where chance(20):
                bytes.insert(
                    contentsOf: String(repeating: pick(["x", "9", " "]), count: below(70_000)).utf8,
                    at: place
                )
            default: bytes.insert(contentsOf: pick(Self.tokens).utf8, at: place)
            }
        }
        return bytes
    }

    /// The same as a text that Postgres takes as one: UTF-8, without U+0000.
    mutating func mutatedText(_ text: String, _ most: Int = 3) -> String {
        String(decoding: mutated(text, most), as: UTF8.self).filter { $0 != "\0" }
    }

    mutating func row(key: String) -> FuzzRow {
        var row = FuzzRow(key: key, data: #"{"order": "\#(key)", "count": \#(below(100)), "note": "é \n"}"#)
        if chance(70) { row.data = mutatedText(row.data) }
        if chance(10) { row.type = mutatedText(row.type) }
        if chance(5) { row.type = String(repeating: pick(["x", "ä"]), count: 200 + below(100)) }
        if chance(10) { row.key = mutatedText(row.key) }
        if chance(10) { row.version = pick([0, -1, 1, 2, 7, .max, .min]) }
        if chance(10) {
            row.time = pick([
                "infinity", "-infinity", "4713-01-01 BC", "0001-01-01Z", "9999-12-31 23:59:59.999999Z", "10000-01-01Z",
                "294276-01-01", "1969-12-31 23:59:59.9999Z",
            ])
        }
        if chance(10) { row.partition = pick([0, 3, 4, 99, -1, .max]) }
        if chance(10) { row.traceparent = mutatedText("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") }
        return row
    }

    /// Fields of an entry, mostly nearly right.
    mutating func fields(key: String) -> [[UInt8]] {
        let whole = HostileEntryTests.envelope(key: key, data: #"{"order": "\#(key)", "count": \#(below(100))}"#)
        var fields = whole.map { Array($0.utf8) }
        for _ in 0..<below(3) {
            let place = below(fields.count)
            fields[place] = mutated(String(decoding: fields[place], as: UTF8.self), 2)
        }
        if chance(20) {
            fields[11] = Array(
                "order_counted/\(pick(["3000000000", "+1", "01", "0", "9", "9223372036854775808"]))".utf8
            )
        }
        if chance(10) { fields.removeSubrange(0..<2 * below(fields.count / 2)) }
        if chance(10) { fields += [Array("perchproblem".utf8), Array("forged".utf8)] }
        if chance(5) { fields += [[], [0xFF]] }
        return fields
    }
}

/// A row as it is inserted.
struct FuzzRow {
    var partition: Int32?
    var type = "order_counted"
    var version: Int32 = 1
    var key: String
    var time = "2026-11-29 18:00:00.1234Z"
    var traceparent: String?
    var data: String
}
