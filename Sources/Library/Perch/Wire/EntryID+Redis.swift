import Redis
import StrictJSON

extension EntryID {
    /// Reads an id as Redis reports it. Redis counts to 2⁶⁴−1 and we to 2⁶³−1: what is larger was not given by us, and is
    /// taken as the largest there is, so that it still sorts last.
    package init(clamping text: String) {
        if let id = EntryID(text) {
            self = id
        } else {
            let parts = text.split(separator: "-").map { Int64($0) ?? .max }
            self.init(milliseconds: parts.first ?? .max, position: parts.count > 1 ? parts[1] : 0)
        }
    }

    /// Reads `MILLISECONDS-POSITION` where it lies; nil for anything else, as `init(_:)`.
    init?(utf8 text: UnsafeRawBufferPointer) {
        var place = 0
        guard let milliseconds = Self.number(in: text, from: &place), place < text.count,
            text[place] == UInt8(ascii: "-")
        else { return nil }
        place += 1
        guard let position = Self.number(in: text, from: &place), place == text.count else { return nil }
        self.init(milliseconds: milliseconds, position: position)
    }

    /// The digits from a place on; nil: there are none, or too many.
    private static func number(in text: UnsafeRawBufferPointer, from place: inout Int) -> Int64? {
        let start = place
        var number: UInt64 = 0
        while place < text.count, text[place] &- 0x30 < 10 {
            // 19 digits are less than 2⁶⁴. Leading zeros only make it refuse what is no id of ours.
            guard place - start < 19 else { return nil }
            number = number &* 10 &+ UInt64(text[place] &- 0x30)
            place += 1
        }
        return place > start ? Int64(exactly: number) : nil
    }

    /// The least id above this one.
    package var successor: EntryID {
        EntryID(milliseconds: milliseconds, position: position == .max ? .max : position + 1)
    }
}

extension RedisCommand {
    /// Adds ids. What was appended together has the same milliseconds: their digits are made once.
    mutating func append(_ ids: [EntryID]) {
        // Twice at most 20 characters, and the dash.
        withUnsafeTemporaryAllocation(byteCount: 41, alignment: 1) { text in
            var milliseconds: Int64?
            var prefix = 0
            for id in ids {
                if id.milliseconds != milliseconds {
                    milliseconds = id.milliseconds
                    prefix = text.write(decimal: id.milliseconds, at: 0)
                    text[prefix] = UInt8(ascii: "-")
                    prefix += 1
                }
                let end = text.write(decimal: id.position, at: prefix)
                append(UnsafeRawBufferPointer(rebasing: text[..<end]))
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a number in decimals; the place behind it.
    fileprivate func write(decimal number: Int64, at start: Int) -> Int {
        var place = start
        if number < 0 {
            self[place] = UInt8(ascii: "-")
            place += 1
        }
        return place + UnsafeMutableRawBufferPointer(rebasing: self[place...]).write(decimal: number.magnitude)
    }
}
