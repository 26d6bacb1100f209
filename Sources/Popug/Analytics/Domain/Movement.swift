import Foundation
import Perch
import PopugEvents
import Postgres

/// What an event moves between an employee and the company.
struct Movement: Sendable {
    enum Kind: String { case commission, reward, wage }

    let cause: UUID
    let at: Timestamp
    let user: UUID
    /// Nil for a wage.
    let ticket: UUID?
    let kind: Kind
    /// Cents; nil as long as the price of the ticket is not known.
    let amount: Int64?
}

/// An event that contradicts what was known of its ticket: it moves nothing.
struct Contradiction: Sendable {
    let event: Delivery
    let ticket: UUID
    let reason: String
}
