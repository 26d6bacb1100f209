package import Postgres

extension CalendarDate {
    private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// `Friday 28 November 2026`
    package var longText: String {
        // 1970-01-01 was a Thursday.
        let weekday = ((daysSince1970 + 3) % 7 + 7) % 7
        return "\(Self.weekdays[weekday]) \(text)"
    }

    /// `28 November 2026`
    package var text: String { "\(day) \(Self.months[month - 1]) \(year)" }

    /// `Fri 28 Nov 2026`, for columns of many days.
    package var briefText: String { "\(longText.prefix(3)) \(shortText) \(year)" }

    /// `28 Nov`, for charts.
    package var shortText: String { "\(day) \(Self.months[month - 1].prefix(3))" }
}
