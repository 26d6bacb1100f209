/// Text that is made for each event, without a string on the way.
extension [UInt8] {
    /// A number's digits, with a minus sign where it has one.
    mutating func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude)
    }

    mutating func append(decimal number: UInt64) {
        let start = count
        var rest = number
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// The 36 characters of a UUID's sixteen bytes, in lowercase.
    mutating func appendUUIDText(_ uuid: UnsafeRawBufferPointer) {
        for (index, byte) in uuid.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
            append(Self.digit(byte >> 4))
            append(Self.digit(byte & 15))
        }
    }

    /// A string of JSON. False, and what was appended is worth nothing, if it holds U+0000: Postgres cannot keep that.
    mutating func appendJSON(_ string: String) -> Bool {
        var string = string
        return string.withUTF8 { text in
            append(UInt8(ascii: "\""))
            defer { append(UInt8(ascii: "\"")) }
            guard text.contains(where: Self.isEscaped) else {
                append(contentsOf: text)
                return true
            }
            for byte in text {
                switch byte {
                case 0: return false
                case 0x0A: self += "\\n".utf8
                case 0x0D: self += "\\r".utf8
                case 0x09: self += "\\t".utf8
                case 0x01..<0x20:
                    self += "\\u00".utf8
                    append(Self.digit(byte >> 4))
                    append(Self.digit(byte & 15))
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    append(UInt8(ascii: "\\"))
                    append(byte)
                default: append(byte)
                }
            }
            return true
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}

extension Int64 {
    /// How many characters `append(decimal:)` writes.
    var digitCount: Int {
        var count = self < 0 ? 2 : 1
        var rest = magnitude
        while rest > 9 {
            rest /= 10
            count += 1
        }
        return count
    }
}
