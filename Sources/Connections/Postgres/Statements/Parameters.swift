/// The values of one statement, in one buffer: each with its count of bytes in front, -1 for NULL.
@usableFromInline
struct Parameters: Sendable {
    /// libpq counts parameters in 16 bits.
    static let limit = 65535

    @usableFromInline private(set) var count: Int
    @usableFromInline var buffer: PostgresBuffer

    @inlinable @inline(__always)
    init() {
        count = 0
        buffer = PostgresBuffer()
    }

    var byteCount: Int { buffer.count }

    @inlinable @inline(__always)
    mutating func append<T: PostgresEncodable>(_ value: T) throws(PostgresError) {
        count += 1
        guard !value.isPostgresNull else { return buffer.appendNull() }
        try buffer.appendCounted { buffer throws(PostgresError) in try value.encode(into: &buffer) }
    }

    /// Lends the values as libpq wants them: how many, pointers (nil for NULL), lengths, formats (all binary).
    mutating func withPointers<R>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        // Room whose size is known to the compiler is on the stack for sure, and costs nothing.
        let usual = 16
        return count <= usual ? withPointers(room: usual, body) : withPointers(room: count, body)
    }

    @inline(__always)
    private mutating func withPointers<R>(
        room: Int,
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        let count = count
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: room) { pointers in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: room * 2) { numbers in
                buffer.withBytes { bytes in
                    var place = 0
                    for index in 0..<count {
                        precondition(bytes.count - place >= 4, "a value's encoding took bytes back")
                        let length = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int32.self))
                        place += 4
                        // An encoder that puts an older buffer back may have put other counts here.
                        precondition(bytes.count - place >= Int(length), "a value's encoding took bytes back")
                        let value = length < 0 ? nil : bytes.baseAddress.map { $0 + place }
                        pointers.initializeElement(at: index, to: value?.assumingMemoryBound(to: CChar.self))
                        numbers.initializeElement(at: index, to: max(length, 0))
                        numbers.initializeElement(at: room + index, to: 1)
                        place += Int(max(length, 0))
                    }
                    let lengths = numbers.baseAddress.map { UnsafePointer($0) }
                    return body(
                        Int32(count),
                        pointers.baseAddress.map { UnsafePointer($0) },
                        lengths,
                        lengths.map { $0 + room }
                    )
                }
            }
        }
    }
}
