/// Where a value writes its bytes in Postgres's binary format.
public struct PostgresBuffer: Sendable {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Room for so many bytes more.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    /// Appends an integer in network order.
    public mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are.
    public mutating func append(contentsOf values: some Sequence<UInt8>) {
        bytes.append(contentsOf: values)
    }

    /// The count that stands for NULL, in place of one.
    mutating func appendNull() { append(Int32(-1)) }

    /// Puts the count of bytes in front of what `write` appends: the frame of a value, and of an array's element.
    mutating func appendCounted(_ write: (inout PostgresBuffer) throws(PostgresError) -> Void) throws(PostgresError) {
        let start = bytes.count
        append(Int32(0))
        try write(&self)
        guard let count = Int32(exactly: bytes.count - start - 4) else {
            throw PostgresError(.encoding, "a value of 2 GiB or more")
        }
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: count.bigEndian, toByteOffset: start, as: Int32.self) }
    }
}

/// The values of one statement, in one buffer: each with its count of bytes in front, -1 for NULL.
struct Parameters: Sendable {
    /// libpq counts parameters in 16 bits.
    static let limit = 65535

    private(set) var count = 0
    private var buffer = PostgresBuffer()

    var byteCount: Int { buffer.bytes.count }

    init() {}

    /// Room for so many values of usual size, so that nothing is moved while they are appended.
    init(expecting count: Int) {
        if count > 0 { buffer.reserve(count * 20) }
    }

    mutating func append<T: PostgresEncodable>(_ value: T) throws(PostgresError) {
        count += 1
        guard !value.isPostgresNull else { return buffer.appendNull() }
        try buffer.appendCounted { buffer throws(PostgresError) in try value.encode(into: &buffer) }
    }

    /// Lends the values as libpq wants them: pointers (nil for NULL), lengths, formats (all binary).
    func withPointers<R>(
        _ body: (
            UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        guard count > 0 else { return body(nil, nil, nil) }
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { pointers in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                buffer.bytes.withUnsafeBytes { bytes in
                    var place = 0
                    for index in 0..<count {
                        let length = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int32.self))
                        place += 4
                        let value = length < 0 ? nil : bytes.baseAddress.map { $0 + place }
                        pointers.initializeElement(at: index, to: value?.assumingMemoryBound(to: CChar.self))
                        numbers.initializeElement(at: index, to: max(length, 0))
                        numbers.initializeElement(at: count + index, to: 1)
                        place += Int(max(length, 0))
                    }
                    let lengths = numbers.baseAddress.map { UnsafePointer($0) }
                    return body(
                        pointers.baseAddress.map { UnsafePointer($0) },
                        lengths,
                        lengths.map { $0 + count }
                    )
                }
            }
        }
    }
}
