import Foundation
import PopugEvents
import Postgres

/// One movement between an employee's account and the company's: what the one gains the other loses, in one row, so that
/// the ledger sums to zero by its very form.
struct LedgerEntry {
    enum Kind: String {
        /// The employee pays for taking a ticket.
        case commission
        /// The employee is paid for closing one.
        case reward
        /// The employee's balance is paid out.
        case wage
    }

    /// The event that caused it; there is one entry a cause.
    let cause: UUID
    let kind: Kind
    let user: UUID
    let ticket: Ticket
    /// When the cause happened.
    let at: Timestamp

    /// What the employee's account gains, in cents.
    var amount: Int64 {
        switch kind {
        case .commission: -ticket.price.commission.cents
        case .reward: ticket.price.reward.cents
        case .wage: 0
        }
    }
}

/// The balances of some accounts while entries are posted to them.
struct Balances {
    private var byUser: [UUID: Int64]

    init(_ byUser: [UUID: Int64]) { self.byUser = byUser }

    /// Posts an entry and returns the balance after it.
    /// - Throws: `PostingError` for an account that is not open, and where the sum leaves 64 bits.
    mutating func post(_ entry: LedgerEntry) throws -> Int64 {
        guard let balance = byUser[entry.user] else { throw PostingError.unknownUser(entry.user) }
        let (sum, overflow) = balance.addingReportingOverflow(entry.amount)
        guard !overflow else { throw PostingError.overflow(entry.user) }
        byUser[entry.user] = sum
        return sum
    }

    var all: [(user: UUID, balance: Int64)] {
        byUser.sorted { $0.key.uuidString < $1.key.uuidString }.map { ($0.key, $0.value) }
    }
}

/// Why an event cannot be posted, now or ever.
enum PostingError: Error, CustomStringConvertible {
    /// Its `user_created` has not arrived yet: the event waits.
    case unknownUser(UUID)
    /// Its `ticket_created` has not arrived yet: the event waits.
    case unknownTicket(UUID)
    case overflow(UUID)

    var description: String {
        switch self {
        case .unknownUser(let user): "user \(user.uuidString.lowercased()) is not known yet; waiting for user_created"
        case .unknownTicket(let ticket):
            "ticket \(ticket.uuidString.lowercased()) is not known yet; waiting for ticket_created"
        case .overflow(let user): "the balance of \(user.uuidString.lowercased()) would leave 64 bits"
        }
    }
}
