/// A day of the Gregorian calendar, without a time or a place: a date of Postgres, and `2026-11-22` as text and JSON.
public struct CalendarDate: Sendable, Hashable, Comparable, Codable, LosslessStringConvertible {
    /// The days from 1970-01-01, negative before it.
    public let daysSince1970: Int

    /// The day that many days after 1970-01-01.
    public init(daysSince1970: Int) { self.daysSince1970 = daysSince1970 }

    /// The day of these numbers; nil if the month does not have it.
    public init?(year: Int, month: Int, day: Int) {
        guard (-4713...5_874_897).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Counted in years from March, so that the leap day is the last one (H. Hinnant, chrono-compatible algorithms).
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(daysSince1970: era * 146_097 + dayOfEra - 719_468)
        guard self.day == day, self.month == month else { return nil }
    }

    /// The day of a text of exactly the form `2026-11-22`; nil for any other.
    public init?(_ description: String) {
        var description = description
        let date = description.withUTF8 { bytes -> CalendarDate? in
            var text = DigitReader(UnsafeRawBufferPointer(bytes))
            guard let year = text.number(digits: 4), text.skip("-"), let month = text.number(digits: 2), text.skip("-"),
                let day = text.number(digits: 2), text.isAtEnd
            else { return nil }
            return CalendarDate(year: year, month: month, day: day)
        }
        guard let date else { return nil }
        self = date
    }

    /// The year, such as 2026.
    public var year: Int { parts.year }

    /// The month, 1 to 12.
    public var month: Int { parts.month }

    /// The day of the month, from 1.
    public var day: Int { parts.day }

    /// `2026-11-22`.
    public var description: String {
        let (year, month, day) = parts
        return "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
    }

    /// Earlier days are less.
    public static func < (left: Self, right: Self) -> Bool { left.daysSince1970 < right.daysSince1970 }

    /// Reads the text of a date.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = CalendarDate(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a date as 2026-11-22")
        }
        self = date
    }

    /// Writes the text of the date.
    /// - Throws: `EncodingError` outside the years 0 to 9999, which have no such text.
    public func encode(to encoder: any Encoder) throws {
        guard (0...9999).contains(year) else {
            let context = EncodingError.Context(
                codingPath: encoder.codingPath,
                debugDescription: "a date outside the years 0 to 9999"
            )
            throw EncodingError.invalidValue(self, context)
        }
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private var parts: (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
