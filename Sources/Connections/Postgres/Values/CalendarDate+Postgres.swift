extension CalendarDate: PostgresCodable {
    /// From 1970-01-01 to 2000-01-01, the day from which Postgres counts.
    private static let daysTo2000 = 10957

    /// Sent as date.
    public static var postgresType: PostgresType { .date }

    /// Appends the binary format.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        let days = daysSince1970.subtractingReportingOverflow(Self.daysTo2000).partialValue
        // The two ends are Postgres's infinities.
        guard let days = Int32(exactly: days), days != .max, days != .min else {
            throw PostgresError(.encoding, "a date outside the range of Postgres")
        }
        buffer.append(days)
    }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> CalendarDate {
        guard value.type == .date else { throw value.mismatch(CalendarDate.self) }
        let days = try value.integer(as: Int32.self)
        guard days != .max, days != .min else {
            throw PostgresError(.decoding, "expected CalendarDate, found an infinite date")
        }
        return CalendarDate(daysSince1970: Int(days) + daysTo2000)
    }
}
