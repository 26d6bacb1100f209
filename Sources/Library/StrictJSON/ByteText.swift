/// Text that is made for each event, without a string on the way.
extension [UInt8] {
    /// A number's digits.
    @inlinable
    package mutating func append(decimal number: UInt64) {
        withUnsafeTemporaryAllocation(byteCount: UInt64.max.digitCount, alignment: 1) { text in
            let count = text.write(decimal: number)
            append(contentsOf: UnsafeRawBufferPointer(rebasing: text[..<count]))
        }
    }

    /// The 36 characters of a UUID's sixteen bytes, in lowercase.
    @inlinable
    package mutating func appendUUIDText(_ uuid: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: 36, alignment: 1) { text in
            let count = text.write(uuid: uuid)
            append(contentsOf: UnsafeRawBufferPointer(rebasing: text[..<count]))
        }
    }

    /// A string of JSON. False, and what was appended is worth nothing, if it holds U+0000: Postgres cannot keep that.
    package mutating func appendJSON(_ string: String) -> Bool {
        !appendJSONHoldsNUL(string)
    }

    /// A string of JSON, whatever it holds: for what Postgres never sees.
    package mutating func appendAnyJSON(_ string: String) { _ = appendJSONHoldsNUL(string) }

    /// A string of JSON. True if it holds U+0000, which is written as an escape.
    private mutating func appendJSONHoldsNUL(_ string: String) -> Bool {
        var string = string
        return string.withUTF8 { text in
            append(UInt8(ascii: "\""))
            defer { append(UInt8(ascii: "\"")) }
            guard !UnsafeRawBufferPointer(text).isPlainJSON else {
                append(contentsOf: text)
                return false
            }
            var holdsNUL = false
            for byte in text {
                switch byte {
                case 0x0A: self += "\\n".utf8
                case 0x0D: self += "\\r".utf8
                case 0x09: self += "\\t".utf8
                case 0..<0x20:
                    holdsNUL = holdsNUL || byte == 0
                    self += "\\u00".utf8
                    append(Self.digit(byte >> 4))
                    append(Self.digit(byte & 15))
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    append(UInt8(ascii: "\\"))
                    append(byte)
                default: append(byte)
                }
            }
            return holdsNUL
        }
    }

    @inlinable
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the text stands in a string of JSON as it is: without a control character, a quote or a backslash. Eight bytes at
    /// a time; the text is UTF-8.
    @inlinable
    package var isPlainJSON: Bool {
        var place = 0
        while count &- place >= 8 {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: place, as: UInt64.self))
            guard word.escapedInJSON == 0 else { return false }
            place &+= 8
        }
        // The rest, filled up with spaces.
        var rest: UInt64 = 0x2020_2020_2020_2020
        while place < count {
            rest = rest << 8 | UInt64(self[place])
            place &+= 1
        }
        return rest.escapedInJSON == 0
    }
}

extension UInt64 {
    /// Which of its eight bytes are control characters, quotes or backslashes, which a string of JSON does not hold as they are:
    /// a byte's highest bit says so, for sure of the lowest such byte.
    @inlinable @inline(__always)
    package var escapedInJSON: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let control = (self &- ones &* 0x20) & ~self
        let quote = self ^ ones &* UInt64(UInt8(ascii: "\""))
        let backslash = self ^ ones &* UInt64(UInt8(ascii: "\\"))
        return (control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & (ones &* 0x80)
    }
}

/// Text in memory that has room for it, or the program traps.
extension UnsafeMutableRawBufferPointer {
    /// Writes a number's digits at the beginning; how many they are.
    @inlinable
    package func write(decimal number: UInt64) -> Int {
        let count = number.digitCount
        precondition(count <= self.count, "no room for the number")
        var rest = number
        var place = count
        repeat {
            place -= 1
            self[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        return count
    }

    /// Writes the 36 characters of a UUID's sixteen bytes, in lowercase.
    @inlinable
    package func write(uuid: UnsafeRawBufferPointer) -> Int {
        precondition(count >= 36 && uuid.count == 16, "no room for the UUID")
        var place = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                self[place] = UInt8(ascii: "-")
                place += 1
            }
            self[place] = [UInt8].digit(uuid[index] >> 4)
            self[place + 1] = [UInt8].digit(uuid[index] & 15)
            place += 2
        }
        return place
    }
}

extension UInt64 {
    /// How many digits it has.
    @inlinable
    package var digitCount: Int {
        var count = 1
        var rest = self
        while rest > 9 {
            rest /= 10
            count += 1
        }
        return count
    }
}
