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
    public mutating func append(decimal value: some FixedWidthInteger) {
        // 20 digits hold 2⁶⁴.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { digits in
            var rest = UInt64(value.magnitude)
            var start = 21
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: digits[start...])
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
