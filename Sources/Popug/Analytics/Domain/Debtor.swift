import Foundation
import Postgres
import ServiceKit

/// An employee whose balance is below zero at present.
struct Debtor: Sendable, Hashable {
    /// The place in the list: the lowest balance first.
    struct Key: Sendable, Hashable {
        let balance: Int64
        let userID: UUID
    }

    let userID: UUID
    /// The id's first 8 characters where the events did not tell.
    let name: String
    /// Cents.
    let balance: Int64
    /// The first day from which on the balance was below zero at the end of each day, by the times of the events.
    let since: CalendarDate

    var key: Key { Key(balance: balance, userID: userID) }
}
