/// Where a value writes its bytes in Postgres's binary format.
///
/// The first bytes lie in the buffer itself: what most statements bind needs no allocation. Raw memory is written only
/// below `inlineLimit`, the size of `inline`, or in the room that `reserve` has made; both are checked first. Callers
/// inline what writes there, as with `StatementShape`, so that a value's type and width are known where it is bound.
public struct PostgresBuffer: Sendable {
    @usableFromInline typealias Inline = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
    )

    @usableFromInline private(set) var count: Int
    /// How many bytes may lie inline: none any more once they are spilled.
    @usableFromInline private(set) var inlineLimit: Int
    @usableFromInline var inline: Inline
    /// All bytes once they are too many to lie inline, with zeros behind them as room.
    @usableFromInline private(set) var spilled: Optional<[UInt8]>

    @inlinable @inline(__always)
    init() {
        count = 0
        inlineLimit = MemoryLayout<Inline>.size
        inline = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        spilled = nil
    }

    /// Appends an integer in network order.
    @inlinable @inline(__always)
    public mutating func append<I: FixedWidthInteger>(_ integer: I) {
        let end = count + MemoryLayout<I>.size
        guard end <= inlineLimit else { return appendSpilled(integer) }
        withUnsafeMutableBytes(of: &inline) { $0.storeBytes(of: integer.bigEndian, toByteOffset: count, as: I.self) }
        count = end
    }

    /// Appends bytes as they are.
    public mutating func append(contentsOf values: some Sequence<UInt8>) {
        let copied: Void? = values.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        if copied == nil {
            for byte in values { append(byte) }
        }
    }

    @inlinable @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let end = count + bytes.count
        guard end <= inlineLimit else { return appendSpilled(bytes) }
        withUnsafeMutableBytes(of: &inline) {
            UnsafeMutableRawBufferPointer(rebasing: $0[count..<end]).copyMemory(from: bytes)
        }
        count = end
    }

    /// The count that stands for NULL, in place of one.
    @inlinable @inline(__always)
    mutating func appendNull() { append(Int32(-1)) }

    /// Puts the count of bytes in front of what `write` appends: the frame of a value, and of an array's element.
    @inlinable @inline(__always)
    mutating func appendCounted(_ write: (inout PostgresBuffer) throws(PostgresError) -> Void) throws(PostgresError) {
        let start = count
        append(Int32(0))
        try write(&self)
        // An encoder of a user's may have put another buffer here.
        precondition(count >= start + 4, "a value's encoding took bytes back")
        let length = count - start - 4
        guard count <= inlineLimit else { return try setSpilled(length, at: start) }
        withUnsafeMutableBytes(of: &inline) {
            $0.storeBytes(of: Int32(truncatingIfNeeded: length).bigEndian, toByteOffset: start, as: Int32.self)
        }
    }

    /// Room for so many bytes more.
    mutating func reserve(_ more: Int) {
        guard count + more > max(inlineLimit, spilled?.count ?? 0) else { return }
        var bytes = [UInt8](repeating: 0, count: max(count + more, count * 2))
        bytes.withUnsafeMutableBytes { new in withBytes { new.copyMemory(from: $0) } }
        spilled = bytes
        inlineLimit = 0
    }

    @usableFromInline @inline(never)
    mutating func appendSpilled<I: FixedWidthInteger>(_ integer: I) {
        withUnsafeBytes(of: integer.bigEndian) { appendSpilled($0) }
    }

    @usableFromInline
    mutating func appendSpilled(_ bytes: UnsafeRawBufferPointer) {
        append(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Appends so many bytes, lent to be written.
    mutating func append(count more: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
        reserve(more)
        let end = count + more
        // `reserve` has made the room.
        if inlineLimit > 0 {
            withUnsafeMutableBytes(of: &inline) { write(UnsafeMutableRawBufferPointer(rebasing: $0[count..<end])) }
        } else {
            precondition(spilled != nil, "no room for the value")
            spilled?.withUnsafeMutableBytes { write(UnsafeMutableRawBufferPointer(rebasing: $0[count..<end])) }
        }
        count = end
    }

    @usableFromInline
    mutating func setSpilled(_ length: Int, at place: Int) throws(PostgresError) {
        guard let length = Int32(exactly: length) else { throw PostgresError(.encoding, "a value of 2 GiB or more") }
        spilled?.withUnsafeMutableBytes { $0.storeBytes(of: length.bigEndian, toByteOffset: place, as: Int32.self) }
    }

    /// Lends all bytes.
    mutating func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        if let spilled {
            spilled.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        } else {
            withUnsafeBytes(of: &inline) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
