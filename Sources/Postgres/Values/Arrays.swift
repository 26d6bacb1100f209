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
        guard let count = Int32(exactly: values.count) else {
            throw PostgresError(.encoding, "an array of 2³¹ elements or more")
        }
        // Dimensions, whether there may be NULLs, the elements' type; then each dimension's count and first index.
        buffer.append(Int32(values.isEmpty ? 0 : 1))
        buffer.append(Int32(values.contains(where: \.isPostgresNull) ? 1 : 0))
        buffer.append(postgresType.oid)
        guard !values.isEmpty else { return }
        buffer.reserve(values.count * (4 + MemoryLayout<Self>.size))
        buffer.append(count)
        buffer.append(Int32(1))
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
