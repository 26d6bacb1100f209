public import Foundation
public import Perch
import PopugEvents

/// Why an amount is in the ledger.
public enum EntryKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Charged for being assigned a ticket.
    case commission
    /// Earned by closing a ticket.
    case reward
    /// Paid out.
    case wage
}

/// An entry of the ledger that a ticket's event causes.
struct Posting: Sendable {
    let cause: Delivery
    let user: UUID
    let ticket: UUID
    let title: String
    let kind: EntryKind
    /// Cents that the user's account gains; a loss is negative.
    let amount: Int64
    /// The account's balance with this entry, once it is known.
    var balanceAfter: Int64 = 0
}

/// What an event needs has not been heard of yet: it waits until it has, with the later events of its ticket behind it.
public struct AwaitedFact: VerdictConvertible, Hashable, Sendable, CustomStringConvertible {
    /// What was not heard of: a ticket (`ticket_created`) or a user (`user_created`).
    public enum Subject: String, Sendable { case ticket, user }

    /// Whether `id` is a ticket's or a user's.
    public let subject: Subject
    /// The ticket that the event is about, or the user whose account it would change.
    public let id: UUID

    /// It waits, however long.
    public var verdict: HandlerVerdict { .wait(description) }

    /// Names it by its id only.
    public var description: String { "waits for \(subject.rawValue) \(id.text), which accounting has not heard of yet" }
}

/// A balance would leave the range of 64 bits. Nothing was booked.
public struct BalanceOverflow: Error, Hashable, Sendable, CustomStringConvertible {
    /// The owner of the account.
    public let user: UUID

    /// Names the account by its id only, without amounts.
    public var description: String { "the balance of \(user.text) would not fit into 64 bits" }
}
