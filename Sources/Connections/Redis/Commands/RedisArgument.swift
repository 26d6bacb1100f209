/// A value that can be an argument of a command. Redis knows only bytes: text is sent as UTF-8, numbers as decimals.
public protocol RedisArgument {
    /// Writes the whole value as one argument.
    func write(to argument: inout RedisArgumentBytes)
}

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

extension String: RedisArgument {
    /// As UTF-8.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(contentsOf: utf8) }
}

extension Substring: RedisArgument {
    /// As UTF-8.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(contentsOf: utf8) }
}

extension StaticString: RedisArgument {
    /// As UTF-8.
    public func write(to argument: inout RedisArgumentBytes) {
        withUTF8Buffer { argument.append(contentsOf: $0) }
    }
}

extension Int: RedisArgument {
    /// As a decimal.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(decimal: self) }
}

extension Int32: RedisArgument {
    /// As a decimal.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(decimal: self) }
}

extension Int64: RedisArgument {
    /// As a decimal.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(decimal: self) }
}

extension UInt64: RedisArgument {
    /// As a decimal.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(decimal: self) }
}

extension [UInt8]: RedisArgument {
    /// As it is.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(contentsOf: self) }
}

extension ArraySlice<UInt8>: RedisArgument {
    /// As it is.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(contentsOf: self) }
}

extension UnsafeRawBufferPointer: RedisArgument {
    /// Copies the bytes; the memory is not needed afterwards.
    public func write(to argument: inout RedisArgumentBytes) { argument.append(contentsOf: self) }
}
