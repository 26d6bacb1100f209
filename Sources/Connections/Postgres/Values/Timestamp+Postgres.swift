extension Timestamp: PostgresCodable {
    /// From 1970 to 2000-01-01T00:00:00Z, from where Postgres counts.
    private static let microsecondsTo2000: Int64 = 946_684_800_000_000

    /// Sent as timestamptz.
    public static var postgresType: PostgresType { .timestamptz }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        let (value, overflow) = microsecondsSince1970.subtractingReportingOverflow(Self.microsecondsTo2000)
        // The two ends are Postgres's infinities.
        guard !overflow, value != .max, value != .min else {
            throw PostgresError(.encoding, "a time outside the range of Postgres")
        }
        buffer.append(value)
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Timestamp {
        guard value.type == .timestamptz else { throw value.mismatch(Timestamp.self) }
        let (sum, overflow) = try value.integer(as: Int64.self).addingReportingOverflow(microsecondsTo2000)
        guard !overflow else {
            throw PostgresError(.decoding, "expected Timestamp, found a time outside its range or infinite")
        }
        guard sum != .min + microsecondsTo2000 else {
            throw PostgresError(.decoding, "expected Timestamp, found an infinite time")
        }
        return Timestamp(microsecondsSince1970: sum)
    }
}
