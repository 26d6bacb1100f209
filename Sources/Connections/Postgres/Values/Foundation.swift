#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A point in time, to the nearest microsecond, which is what Postgres holds. `Timestamp` is exact, and costs less.
extension Date: PostgresCodable {
    /// Sent as timestamptz.
    public static var postgresType: PostgresType { .timestamptz }

    /// Appends the binary format.
    /// - Throws: `.encoding` for what is outside the range of Postgres.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        guard let microseconds = Int64(exactly: (timeIntervalSince1970 * 1_000_000).rounded()) else {
            throw PostgresError(.encoding, "a time outside the range of Postgres")
        }
        try Timestamp(microsecondsSince1970: microseconds).encode(into: &buffer)
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Date {
        guard value.type == .timestamptz else { throw value.mismatch(Date.self) }
        let time = try Timestamp.decode(value)
        return Date(timeIntervalSince1970: Double(time.microsecondsSince1970) / 1_000_000)
    }
}

extension Data: PostgresCodable {
    /// Sent as bytea.
    public static var postgresType: PostgresType { .bytea }

    /// Appends the bytes.
    public func encode(into buffer: inout PostgresBuffer) { withUnsafeBytes { buffer.append(contentsOf: $0) } }

    /// Reads the bytes.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Data {
        guard value.type == .bytea else { throw value.mismatch(Data.self) }
        return value.withBytes { Data($0) }
    }
}
