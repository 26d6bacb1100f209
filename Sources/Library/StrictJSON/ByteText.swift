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
        while rest >= 100 {
            place &-= 2
            write(pair: rest % 100, at: place)
            rest /= 100
        }
        if rest >= 10 {
            write(pair: rest, at: 0)
        } else {
            self[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
        }
        return count
    }

    /// Two digits, of a number below 100.
    @inlinable @inline(__always)
    func write(pair: UInt64, at place: Int) {
        let tens = pair / 10
        self[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: tens)
        self[place &+ 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair &- tens &* 10)
    }

    /// Writes the 36 characters of a UUID's sixteen bytes, in lowercase.
    @inlinable
    package func write(uuid: UnsafeRawBufferPointer) -> Int {
        precondition(count >= 36 && uuid.count == 16, "no room for the UUID")
        func digits(_ byte: Int) -> UInt64 {
            uuid.loadUnaligned(fromByteOffset: byte, as: UInt32.self).bigEndian.hexDigits
        }
        func half(_ digits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: digits).bigEndian }
        let (second, third) = (digits(4), digits(8))
        storeBytes(of: digits(0).bigEndian, toByteOffset: 0, as: UInt64.self)
        storeBytes(of: half(second >> 32), toByteOffset: 9, as: UInt32.self)
        storeBytes(of: half(second), toByteOffset: 14, as: UInt32.self)
        storeBytes(of: half(third >> 32), toByteOffset: 19, as: UInt32.self)
        storeBytes(of: half(third), toByteOffset: 24, as: UInt32.self)
        storeBytes(of: digits(12).bigEndian, toByteOffset: 28, as: UInt64.self)
        let dash = UInt8(ascii: "-")
        (self[8], self[13], self[18], self[23]) = (dash, dash, dash, dash)
        return 36
    }
}

extension UInt32 {
    /// Its eight digits to the base of 16 as text, in lowercase; the first is the highest byte. All at once: a byte of the result
    /// never carries into the next.
    @inlinable @inline(__always)
    var hexDigits: UInt64 {
        var digits = UInt64(truncatingIfNeeded: self)
        // A half, a byte, and in the end half a byte in each place for twice as much.
        digits = (digits << 16 | digits) & 0x0000_FFFF_0000_FFFF
        digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
        digits = (digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F
        let ones: UInt64 = 0x0101_0101_0101_0101
        let letters = (digits &+ ones &* 6) >> 4 & ones
        let toLetter = UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
        return digits &+ ones &* 0x30 &+ letters &* toLetter
    }
}

extension UInt64 {
    /// How many digits it has.
    @inlinable
    package var digitCount: Int {
        var count = 1
        var rest = self
        while rest >= 10_000 {
            rest /= 10_000
            count &+= 4
        }
        return count &+ (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }
}
