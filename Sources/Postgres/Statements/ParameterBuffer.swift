/// Where a value writes its bytes in Postgres's binary format.
public struct PostgresBuffer: Sendable {
    private(set) var bytes: [UInt8] = []

    init() {}

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    /// Appends an integer in network order.
    public mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are.
    public mutating func append(contentsOf values: some Sequence<UInt8>) {
        bytes.append(contentsOf: values)
    }

    /// Makes room for the length of what `write` appends, and puts it there: the frame of an array's element.
    mutating func appendCounted(_ write: (inout PostgresBuffer) throws(PostgresError) -> Void) throws(PostgresError) {
        let start = bytes.count
        append(Int32(0))
        try write(&self)
        guard let count = Int32(exactly: bytes.count - start - 4) else {
            throw PostgresError(.encoding, "an array's element of 2 GiB or more")
        }
        withUnsafeBytes(of: count.bigEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
    }
}

/// The values of one statement, in one buffer.
struct Parameters: Sendable {
    private struct Place: Sendable {
        var start: Int
        /// -1 for NULL, as in the protocol.
        var count: Int32
    }

    /// libpq counts parameters in 16 bits.
    static let limit = 65535

    private(set) var types: [UInt32] = []
    private var buffer = PostgresBuffer()
    private var places: [Place] = []

    var count: Int { places.count }
    var byteCount: Int { buffer.bytes.count }

    init() {}

    /// Room for so many values of usual size, so that nothing is moved while they are appended.
    init(expecting count: Int) {
        guard count > 0 else { return }
        types.reserveCapacity(count)
        places.reserveCapacity(count)
        buffer.reserve(count * 16)
    }

    mutating func append<T: PostgresEncodable>(_ value: T) throws(PostgresError) {
        types.append(T.postgresType.oid)
        let start = buffer.bytes.count
        guard !value.isPostgresNull else {
            places.append(Place(start: start, count: -1))
            return
        }
        places.append(Place(start: start, count: 0))
        try value.encode(into: &buffer)
        guard let count = Int32(exactly: buffer.bytes.count - start) else {
            throw PostgresError(.encoding, "a value of 2 GiB or more")
        }
        places[places.count - 1].count = count
    }

    /// Lends the values as libpq wants them: pointers (nil for NULL), lengths, formats (all binary).
    func withPointers<R>(
        _ body: (
            UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        let count = places.count
        guard count > 0 else { return body(nil, nil, nil) }
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { pointers in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                buffer.bytes.withUnsafeBytes { bytes in
                    // An empty value needs a pointer too: nil means NULL.
                    let base = bytes.baseAddress ?? UnsafeRawPointer(numbers.baseAddress)
                    for (index, place) in places.enumerated() {
                        let value = place.count < 0 ? nil : base.map { $0 + place.start }
                        pointers.initializeElement(at: index, to: value?.assumingMemoryBound(to: CChar.self))
                        numbers.initializeElement(at: index, to: max(place.count, 0))
                        numbers.initializeElement(at: count + index, to: 1)
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
