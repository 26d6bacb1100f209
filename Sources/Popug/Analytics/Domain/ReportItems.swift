import Foundation
import Postgres

/// What management earned on a day, in cents.
struct DayEarnings: Sendable, Hashable, Encodable {
    let day: CalendarDate
    let commissions: Int64
    let rewards: Int64
    let earned: Int64
}

/// What was paid out on a day.
struct DayWages: Sendable, Hashable, Encodable {
    let day: CalendarDate
    let count: Int64
    /// Cents.
    let total: Int64
}

/// The closed ticket of a period that earned most.
struct ExpensiveTicket: Sendable, Hashable, Encodable {
    let period: Period
    let from: CalendarDate
    let to: CalendarDate
    let ticketID: UUID
    let title: String?
    let assigneeID: UUID
    /// The id's first 8 characters where the events did not tell. Not in the JSON of the API.
    let assigneeName: String
    /// Cents.
    let reward: Int64
    let closedAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case period, from, to
        case ticketID = "ticket_id"
        case title
        case assigneeID = "assignee_id"
        case reward
        case closedAt = "closed_at"
    }
}
