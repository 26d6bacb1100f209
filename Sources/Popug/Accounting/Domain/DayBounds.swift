import Postgres

/// Up to which days what has happened. Days are closed and paid in order, so these tell the state of each.
struct DayBounds {
    let today: CalendarDate
    /// The last closed day; nil: none is closed.
    let closed: CalendarDate?
    /// The last day whose accounts are all paid.
    let paid: CalendarDate?

    init(zone: String, now: Timestamp, in tx: borrowing Transaction) throws {
        let found = try tx.query(
            """
            SELECT (\(now) AT TIME ZONE \(zone))::date AS today, (SELECT max(day) FROM accounting.closed_days) AS closed,
                (SELECT max(day) FROM accounting.paid_days) AS paid
            """
        ) { row in
            (
                today: try row.decode("today", as: CalendarDate.self),
                closed: try row.decodeIfPresent("closed", as: CalendarDate.self),
                paid: try row.decodeIfPresent("paid", as: CalendarDate.self)
            )
        }
        (today, closed, paid) = found[0]
    }

    func state(of day: CalendarDate) -> DayState {
        if let paid, day <= paid { return .closed }
        if let closed, day <= closed { return .paying }
        return day < today ? .due : .open
    }
}
