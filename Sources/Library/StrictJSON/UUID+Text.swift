import FoundationEssentials

extension UUID {
    /// The 36 characters in lowercase.
    package var lowercaseText: String {
        // Foundation's goes through printf.
        var text: [UInt8] = []
        text.reserveCapacity(36)
        withUnsafeBytes(of: uuid) { text.appendUUIDText($0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads the 36 characters; nil for anything else. Eight digits at a time: an event has two or more.
    package init?(utf8 text: UnsafeRawBufferPointer) {
        guard text.count == 36, text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"),
            text[18] == UInt8(ascii: "-"), text[23] == UInt8(ascii: "-")
        else { return nil }
        func four(_ place: Int) -> UInt64 {
            UInt64(UInt32(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
        }
        func eight(_ place: Int) -> UInt64 {
            UInt64(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        var areDigits = Self.tops
        let first = Self.bytes(ofDigits: eight(0), &areDigits)
        let second = Self.bytes(ofDigits: four(9) | four(14) << 32, &areDigits)
        let third = Self.bytes(ofDigits: four(19) | four(24) << 32, &areDigits)
        let fourth = Self.bytes(ofDigits: eight(28), &areDigits)
        guard areDigits == Self.tops else { return nil }
        self.init(words: ((first | second << 32).littleEndian, (third | fourth << 32).littleEndian))
    }

    /// Of its sixteen bytes, as they are in memory.
    @inline(__always)
    private init(words: (UInt64, UInt64)) {
        // `UUID(uuid:)` takes the bytes one by one, which is a third of the cost of reading one.
        if Self.isItsBytes {
            self = unsafeBitCast(words, to: UUID.self)
        } else {
            self.init(uuid: unsafeBitCast(words, to: uuid_t.self))
        }
    }

    /// Whether Foundation keeps a UUID as its bytes in their order: found out once, for it promises nothing of the kind.
    private static let isItsBytes: Bool = {
        let bytes: uuid_t = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        return withUnsafeBytes(of: UUID(uuid: bytes)) { $0.elementsEqual(0..<16) }
    }()

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    /// The highest bit of each byte.
    private static var tops: UInt64 { ones &* 0x80 }

    /// The four bytes that eight hexadecimal digits mean, the first one lowest, as the digits are in the word. Where one is
    /// no digit, its highest bit in `areDigits` is taken away. In each byte of the sums the highest bit says that the digit
    /// is at least, or more than, a bound: below 0x80 nothing is carried over.
    @inline(__always)
    private static func bytes(ofDigits digits: UInt64, _ areDigits: inout UInt64) -> UInt64 {
        let low = digits & ~tops
        let isNumber = (low &+ ones &* (0x80 - 0x30)) & ~(low &+ ones &* (0x7F - 0x39))
        let lowercase = low | ones &* 0x20
        let isLetter = (lowercase &+ ones &* (0x80 - 0x61)) & ~(lowercase &+ ones &* (0x7F - 0x66)) & tops
        areDigits &= (isNumber | isLetter) & ~digits
        let values = (low & (ones &* 0x0F)) &+ (isLetter >> 7) &* 9
        let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        let quads = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return (quads | quads >> 16) & 0xFFFF_FFFF
    }
}
