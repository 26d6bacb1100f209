/// Takes the bytes of one argument of a command.
public struct RedisArgumentBytes: ~Copyable {
    var bytes: [UInt8]

    /// Adds one byte.
    public mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    /// Adds a number's decimal digits, with a minus sign where it has one.
    @inlinable
    public mutating func append(decimal value: some FixedWidthInteger) {
        append(UInt64(value.magnitude), isNegative: value < 0)
    }

    @usableFromInline
    mutating func append(_ magnitude: UInt64, isNegative: Bool) {
        // 20 digits hold 2⁶⁴.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { digits in
            var rest = magnitude
            var start = 21
            while rest > 9 {
                // Two at a time: a division takes longer than all else here.
                let pair = UInt8(truncatingIfNeeded: rest % 100)
                rest /= 100
                start -= 2
                digits[start] = UInt8(ascii: "0") + pair / 10
                digits[start + 1] = UInt8(ascii: "0") + pair % 10
            }
            if rest > 0 || start == 21 {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
            }
            if isNegative {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Adds any bytes.
    public mutating func append(contentsOf more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }
}
