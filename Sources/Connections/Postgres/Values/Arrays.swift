/// `[UInt8]` is bytea; an array of any other element is an array of Postgres with one dimension.
extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// Sent as the type of what it holds.
    public static var postgresType: PostgresType { Element.postgresArrayType }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> [Element] {
        try Element.decodeArray(value)
    }
}

/// Lets `[[UInt8]]` be bytea[].
extension Array: PostgresArrayElement where Element == UInt8 {}

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {}

/// Lets `[UInt8]` be bytea.
extension UInt8: PostgresArrayElement {
    /// Sent as bytea.
    public static var postgresArrayType: PostgresType { .bytea }

    /// Appends the binary format.
    public static func encodeArray(_ values: [UInt8], into buffer: inout PostgresBuffer) {
        buffer.append(contentsOf: values)
    }

    /// Reads the binary format.
    public static func decodeArray(_ value: borrowing PostgresValue) throws(PostgresError) -> [UInt8] {
        guard value.type == .bytea else { throw value.mismatch([UInt8].self) }
        return value.withBytes { [UInt8]($0) }
    }
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    /// The type of arrays of `postgresType`.
    public static var postgresArrayType: PostgresType {
        // Zero leaves the choice to the server, for types of users that are not known here.
        postgresType.array ?? PostgresType(oid: 0)
    }

    /// Appends the binary format.
    public static func encodeArray(_ values: [Self], into buffer: inout PostgresBuffer) throws(PostgresError) {
        let hasNull = values.contains(where: \.isPostgresNull)
        guard try buffer.beginArray(of: postgresType, values, hasNull: hasNull) else { return }
        buffer.reserve(values.count * (4 + MemoryLayout<Self>.size))
        for value in values {
            if value.isPostgresNull {
                buffer.appendNull()
            } else {
                try buffer.appendCounted { buffer throws(PostgresError) in try value.encode(into: &buffer) }
            }
        }
    }

    /// Reads the binary format.
    public static func decodeArray(_ value: borrowing PostgresValue) throws(PostgresError) -> [Self] {
        guard let element = value.type.element else { throw value.mismatch([Self].self) }
        return try value.withBytes { bytes throws(PostgresError) in
            var reader = ArrayReader(bytes: bytes)
            let dimensions = try reader.integer()
            _ = try reader.integer()
            _ = try reader.integer()
            guard dimensions != 0 else { return [] }
            guard dimensions == 1 else {
                throw PostgresError(.decoding, "expected \([Self].self), found an array of \(dimensions) dimensions")
            }
            let count = Int(try reader.integer())
            _ = try reader.integer()
            var values: [Self] = []
            values.reserveCapacity(max(0, min(count, bytes.count / 4)))
            for _ in 0..<max(0, count) {
                if let bytes = try reader.element() {
                    values.append(try Self.decode(PostgresValue(type: element, bytes: bytes)))
                } else {
                    values.append(try Self.decodeNull())
                }
            }
            return values
        }
    }
}

extension PostgresBuffer {
    /// Appends what stands in front of an array's elements; false if it has none.
    fileprivate mutating func beginArray<T>(
        of type: PostgresType,
        _ values: [T],
        hasNull: Bool = false
    ) throws(PostgresError) -> Bool {
        guard let count = Int32(exactly: values.count) else {
            throw PostgresError(.encoding, "an array of 2³¹ elements or more")
        }
        // Dimensions, whether there may be NULLs, the elements' type; then each dimension's count and first index.
        append(Int32(count == 0 ? 0 : 1))
        append(Int32(hasNull ? 1 : 0))
        append(type.oid)
        guard count > 0 else { return false }
        append(count)
        append(Int32(1))
        return true
    }

    /// Appends an array of elements that are all of the width of `Bits`, in one pass, which is eight times as fast as one by
    /// one. The room is that of all elements and their counts, so the last one ends where it ends.
    mutating func appendArray<T, Bits: BitwiseCopyable>(
        of type: PostgresType,
        _ values: [T],
        _ bits: (T) -> Bits
    ) throws(PostgresError) {
        guard try beginArray(of: type, values) else { return }
        let size = MemoryLayout<Bits>.size
        let length = Int32(size).bigEndian
        append(count: values.count * (4 + size)) { room in
            var place = 0
            for value in values {
                room.storeBytes(of: length, toByteOffset: place, as: Int32.self)
                room.storeBytes(of: bits(value), toByteOffset: place + 4, as: Bits.self)
                place += 4 + size
            }
        }
    }
}

/// Walks through the binary format of an array.
private struct ArrayReader {
    var bytes: UnsafeRawBufferPointer
    var offset = 0

    mutating func integer() throws(PostgresError) -> Int32 {
        guard offset + 4 <= bytes.count else { throw PostgresError(.decoding, "the array ends too early") }
        defer { offset += 4 }
        return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    /// The bytes of the next element, nil for NULL.
    mutating func element() throws(PostgresError) -> UnsafeRawBufferPointer? {
        let count = Int(try integer())
        guard count >= 0 else { return nil }
        guard offset + count <= bytes.count else { throw PostgresError(.decoding, "the array ends too early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
}
