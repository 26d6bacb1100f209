#if canImport(Darwin)
    public import Darwin
#elseif canImport(Glibc)
    public import Glibc
#elseif canImport(Musl)
    public import Musl
#endif

extension UnsafeRawBufferPointer {
    /// Whether the bytes are the same.
    ///
    /// Names are short: two loads that overlap cover them, where a call of `memcmp` costs more than what it does.
    @inlinable @inline(__always)
    package func hasBytes(of other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let mine = baseAddress, let others = other.baseAddress else { return true }
        switch count {
        case 8...16: return same(UInt64.self, mine, others) && same(UInt64.self, mine + count - 8, others + count - 8)
        case 4..<8: return same(UInt32.self, mine, others) && same(UInt32.self, mine + count - 4, others + count - 4)
        case 2..<4: return same(UInt16.self, mine, others) && same(UInt16.self, mine + count - 2, others + count - 2)
        case 1: return same(UInt8.self, mine, others)
        default: return memcmp(mine, others, count) == 0
        }
    }

    @inlinable @inline(__always)
    func same<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type,
        _ left: UnsafeRawPointer,
        _ right: UnsafeRawPointer
    ) -> Bool {
        left.loadUnaligned(as: type) == right.loadUnaligned(as: type)
    }

    /// Whether the bytes are this text.
    @inlinable @inline(__always)
    package func isText(_ text: StaticString) -> Bool {
        hasBytes(of: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
