#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Int: PostgresCodable {
    /// Sent as int8.
    @inlinable public static var postgresType: PostgresType { .int8 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(Int64(self)) }

    /// Appends the binary format.
    public static func encodeArray(_ values: [Int], into buffer: inout PostgresBuffer) throws(PostgresError) {
        try buffer.appendArray(of: postgresType, values) { Int64($0).bigEndian }
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Int {
        try Int(value.signedInteger(upTo: Int64.self, for: Int.self))
    }
}

extension Int64: PostgresCodable {
    /// Sent as int8.
    @inlinable public static var postgresType: PostgresType { .int8 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }

    /// Appends the binary format.
    public static func encodeArray(_ values: [Int64], into buffer: inout PostgresBuffer) throws(PostgresError) {
        try buffer.appendArray(of: postgresType, values) { $0.bigEndian }
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Int64 {
        try value.signedInteger(upTo: Int64.self, for: Int64.self)
    }
}

extension Int32: PostgresCodable {
    /// Sent as int4.
    @inlinable public static var postgresType: PostgresType { .int4 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }

    /// Appends the binary format.
    public static func encodeArray(_ values: [Int32], into buffer: inout PostgresBuffer) throws(PostgresError) {
        try buffer.appendArray(of: postgresType, values) { $0.bigEndian }
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Int32 {
        try Int32(value.signedInteger(upTo: Int32.self, for: Int32.self))
    }
}

extension Int16: PostgresCodable {
    /// Sent as int2.
    @inlinable public static var postgresType: PostgresType { .int2 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Int16 {
        try Int16(value.signedInteger(upTo: Int16.self, for: Int16.self))
    }
}

extension PostgresValue {
    /// An int2, int4 or int8, if it is not wider than `Widest`.
    fileprivate func signedInteger<Widest: FixedWidthInteger, T>(
        upTo: Widest.Type,
        for expected: T.Type
    ) throws(PostgresError) -> Int64 {
        switch type {
        case .int2: return Int64(try integer(as: Int16.self))
        case .int4 where Widest.bitWidth >= 32: return Int64(try integer(as: Int32.self))
        case .int8 where Widest.bitWidth >= 64: return try integer(as: Int64.self)
        default: throw mismatch(expected)
        }
    }
}

extension Bool: PostgresCodable {
    /// Sent as bool.
    @inlinable public static var postgresType: PostgresType { .bool }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(UInt8(self ? 1 : 0)) }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Bool {
        guard value.type == .bool else { throw value.mismatch(Bool.self) }
        return try value.integer(as: UInt8.self) != 0
    }
}

extension Double: PostgresCodable {
    /// Sent as float8.
    @inlinable public static var postgresType: PostgresType { .float8 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(bitPattern) }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Double {
        switch value.type {
        case .float8: return Double(bitPattern: try value.integer())
        case .float4: return Double(Float(bitPattern: try value.integer()))
        default: throw value.mismatch(Double.self)
        }
    }
}

extension Float: PostgresCodable {
    /// Sent as float4.
    @inlinable public static var postgresType: PostgresType { .float4 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(bitPattern) }

    /// Reads the binary format of a float4; a float8 holds more.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Float {
        guard value.type == .float4 else { throw value.mismatch(Float.self) }
        return Float(bitPattern: try value.integer())
    }
}

/// Sent as text. A NUL character is refused: Postgres cannot hold it.
extension String: PostgresCodable {
    /// Sent as text.
    @inlinable public static var postgresType: PostgresType { .text }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try buffer.append(text: self)
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> String {
        switch value.type {
        case .text, .varchar, .name, .json, PostgresType(oid: 1042): return try value.text()
        case .jsonb: return try value.jsonb()
        default: throw value.mismatch(String.self)
        }
    }
}

extension UUID: PostgresCodable {
    /// Sent as uuid.
    @inlinable public static var postgresType: PostgresType { .uuid }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) {
        withUnsafeBytes(of: uuid) { buffer.append($0) }
    }

    /// Appends the binary format.
    public static func encodeArray(_ values: [UUID], into buffer: inout PostgresBuffer) throws(PostgresError) {
        try buffer.appendArray(of: postgresType, values) { $0.uuid }
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> UUID {
        guard value.type == .uuid else { throw value.mismatch(UUID.self) }
        guard value.count == 16 else { throw value.malformed() }
        return value.withBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}

extension PostgresBuffer {
    mutating func append(text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.encoding, "the text holds a NUL character, which Postgres cannot hold")
        }
        append(contentsOf: text.utf8)
    }
}

extension PostgresValue {
    func text() throws(PostgresError) -> String {
        // The connection's encoding is UTF-8 and the server has validated it.
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    func jsonb() throws(PostgresError) -> String {
        guard count > 0, withBytes({ $0[0] == 1 }) else { throw malformed() }
        return withBytes { String(decoding: $0.dropFirst(), as: UTF8.self) }
    }
}
