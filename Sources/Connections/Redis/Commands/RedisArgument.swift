/// A value that can be an argument of a command. Redis knows only bytes: text is sent as UTF-8, numbers as decimals.
public protocol RedisArgument {
    /// Writes the whole value as one argument.
    func write(to argument: inout RedisArgumentBytes)
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
