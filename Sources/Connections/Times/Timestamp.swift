#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A point in time: RFC 3339 text in UTC with milliseconds, `2026-11-22T18:30:55.123Z`, as text and JSON; a timestamptz of
/// Postgres.
///
/// It holds microseconds, as Postgres does; its text holds milliseconds and drops the rest.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, LosslessStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z, negative before it.
    public let microsecondsSince1970: Int64

    /// The point that many microseconds after 1970.
    public init(microsecondsSince1970: Int64) { self.microsecondsSince1970 = microsecondsSince1970 }

    /// The point that many milliseconds after 1970; the ends of the range where there are too many.
    public init(milliseconds: Int64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
        microsecondsSince1970 = overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    /// The point of a text of exactly the form `2026-11-22T18:30:55.123Z`; nil for any other.
    public init?(_ description: String) {
        var description = description
        let time = description.withUTF8 { Timestamp(utf8: UnsafeRawBufferPointer($0)) }
        guard let time else { return nil }
        self = time
    }

    /// The same of the text's bytes, without a string.
    package init?(utf8: UnsafeRawBufferPointer) {
        var text = DigitReader(utf8)
        guard let year = text.number(digits: 4), text.skip("-"), let month = text.number(digits: 2), text.skip("-"),
            let day = text.number(digits: 2), text.skip("T"),
            let hour = text.number(digits: 2), text.skip(":"), let minute = text.number(digits: 2), text.skip(":"),
            let second = text.number(digits: 2), text.skip("."), let millisecond = text.number(digits: 3),
            text.skip("Z"), text.isAtEnd,
            hour < 24, minute < 60, second < 60, let date = CalendarDate(year: year, month: month, day: day)
        else { return nil }
        let seconds = date.daysSince1970 * 86400 + hour * 3600 + minute * 60 + second
        self.init(milliseconds: Int64(seconds * 1000 + millisecond))
    }

    /// Now by the system's clock, in whole milliseconds: it comes back from its text as it was.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Milliseconds since 1970, rounded down.
    public var milliseconds: Int64 {
        let (quotient, remainder) = microsecondsSince1970.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The day in UTC.
    public var date: CalendarDate {
        CalendarDate(daysSince1970: Int((milliseconds - millisecondsOfDay) / 86_400_000))
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-22T18:30:55.123Z`.
    public var description: String {
        let date = date
        let rest = Int(millisecondsOfDay)
        if (0...9999).contains(date.year) { return Self.text(date, millisecondsOfDay: rest) }
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { padded($0, to: 2) }
        return "\(date)T\(time.joined(separator: ":")).\(padded(rest % 1000, to: 3))Z"
    }

    /// The text of a year of four digits: it is made for each event.
    private static func text(_ date: CalendarDate, millisecondsOfDay rest: Int) -> String {
        String(unsafeUninitializedCapacity: 24) { text in
            var place = 0
            func write(_ byte: UInt8) {
                text.initializeElement(at: place, to: byte)
                place += 1
            }
            func write(_ number: Int, of divisor: Int, then separator: Unicode.Scalar) {
                var divisor = divisor
                while divisor > 0 {
                    write(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                    divisor /= 10
                }
                write(UInt8(ascii: separator))
            }
            write(date.year, of: 1000, then: "-")
            write(date.month, of: 10, then: "-")
            write(date.day, of: 10, then: "T")
            write(rest / 3_600_000, of: 10, then: ":")
            write(rest / 60_000 % 60, of: 10, then: ":")
            write(rest / 1000 % 60, of: 10, then: ".")
            write(rest % 1000, of: 100, then: "Z")
            return place
        }
    }

    private var millisecondsOfDay: Int64 {
        let rest = milliseconds % 86_400_000
        return rest < 0 ? rest + 86_400_000 : rest
    }

    /// Earlier points are less.
    public static func < (left: Self, right: Self) -> Bool {
        left.microsecondsSince1970 < right.microsecondsSince1970
    }

    /// The point later by a duration (earlier by a negative one), to the microsecond; at the range's end at most.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflow2) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        let (result, overflow3) = time.microsecondsSince1970.addingReportingOverflow(sum)
        guard !overflow, !overflow2, !overflow3 else {
            return Timestamp(microsecondsSince1970: seconds < 0 ? .min : .max)
        }
        return Timestamp(microsecondsSince1970: result)
    }

    /// How much later the first point is than the second.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microsecondsSince1970) - .microseconds(right.microsecondsSince1970)
    }

    /// Reads the text of a point in time.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected a time in UTC with milliseconds as 2026-11-22T18:30:55.123Z"
            )
        }
        self = time
    }

    /// Writes the text of the point in time.
    /// - Throws: `EncodingError` outside the years 0 to 9999: RFC 3339 has no others, and no reader takes them.
    public func encode(to encoder: any Encoder) throws {
        guard (0...9999).contains(date.year) else {
            let context = EncodingError.Context(
                codingPath: encoder.codingPath,
                debugDescription: "a time outside the years 0 to 9999"
            )
            throw EncodingError.invalidValue(self, context)
        }
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
