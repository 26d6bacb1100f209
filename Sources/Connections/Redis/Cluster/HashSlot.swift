/// One of the 16,384 parts into which a cluster divides its keys. Keys of one slot are on one node.
///
/// <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model>
package struct HashSlot: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// How many slots every cluster has.
    package static let count = 16_384

    /// 0 to 16,383.
    package let number: Int

    /// Nil where there is no slot of this number.
    package init?(_ number: Int) {
        guard (0..<Self.count).contains(number) else { return nil }
        self.number = number
    }

    /// The slot of a key, or of a channel of SPUBLISH: of all its bytes, or of those in its first braces, where any are in them.
    package init(of key: String) { self.init(ofBytes: Array(key.utf8)) }

    /// The same of any bytes.
    package init(ofBytes key: [UInt8]) {
        number = Int(Self.crc16(Self.tag(of: key))) % Self.count
    }

    /// The number.
    package var description: String { String(number) }

    /// By their numbers.
    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    /// What is hashed: `{perch}:tickets:0` and `{perch}:users:0` have the same.
    private static func tag(of key: [UInt8]) -> ArraySlice<UInt8> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let rest = key[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return key[...] }
        return rest[..<close]
    }

    /// CRC-16/XMODEM: polynomial 0x1021, beginning at 0, nothing reflected.
    private static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in (sum << 8) ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)] }
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(truncatingIfNeeded: index) << 8) { value, _ in
            value & 0x8000 == 0 ? value << 1 : (value << 1) ^ 0x1021
        }
    }
}
