import FoundationEssentials

extension UUID {
    /// Reads the 36 characters; nil for anything else. Eight digits at a time: an event has two or more.
    init?(utf8 text: UnsafeRawBufferPointer) {
        guard text.count == 36, text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"),
            text[18] == UInt8(ascii: "-"), text[23] == UInt8(ascii: "-")
        else { return nil }
        func four(_ place: Int) -> UInt64 {
            UInt64(UInt32(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
        }
        func eight(_ place: Int) -> UInt64 {
            UInt64(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        guard let first = Self.bytes(ofDigits: eight(0)), let second = Self.bytes(ofDigits: four(9) | four(14) << 32),
            let third = Self.bytes(ofDigits: four(19) | four(24) << 32), let fourth = Self.bytes(ofDigits: eight(28))
        else { return nil }
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (index * 8)) }
        self.init(
            uuid: (
                byte(first, 0), byte(first, 1), byte(first, 2), byte(first, 3), byte(second, 0), byte(second, 1),
                byte(second, 2), byte(second, 3), byte(third, 0), byte(third, 1), byte(third, 2), byte(third, 3),
                byte(fourth, 0), byte(fourth, 1), byte(fourth, 2), byte(fourth, 3)
            )
        )
    }

    /// The four bytes that eight hexadecimal digits mean, the first one lowest, as the digits are in the word; nil where one
    /// is no digit. In each byte of the sums the highest bit says that the digit is at least, or more than, a bound: below
    /// 0x80 nothing is carried over.
    private static func bytes(ofDigits digits: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones &* 0x80
        guard digits & tops == 0 else { return nil }
        let isNumber = (digits &+ ones &* (0x80 - 0x30)) & ~(digits &+ ones &* (0x7F - 0x39)) & tops
        let lowercase = digits | ones &* 0x20
        let isLetter = (lowercase &+ ones &* (0x80 - 0x61)) & ~(lowercase &+ ones &* (0x7F - 0x66)) & tops
        guard isNumber | isLetter == tops else { return nil }
        let values = (digits & (ones &* 0x0F)) &+ (isLetter >> 7) &* 9
        let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        let quads = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return (quads | quads >> 16) & 0xFFFF_FFFF
    }
}
