public import Foundation
public import PopugEvents
public import Postgres

/// An entry of an account's ledger.
public struct LedgerEntry: Sendable, Hashable, Codable {
    /// Entries of an account are numbered in the order they took effect, with gaps.
    public let entryID: Int64
    /// Why the amount is there.
    public let kind: EntryKind
    /// Nil for a wage.
    public let ticketID: UUID?
    /// The ticket's; the id's first 8 characters where the event did not tell. Nil for a wage.
    public let title: String?
    /// What the account gained; a loss is negative.
    public let amount: Money
    /// The account's balance with this entry.
    public let balanceAfter: Money
    /// When it happened, by the event.
    public let at: Timestamp

    enum CodingKeys: String, CodingKey {
        case entryID = "entry_id"
        case ticketID = "ticket_id"
        case balanceAfter = "balance_after"
        case kind, title, amount, at
    }

    init(_ row: borrowing Row) throws {
        entryID = try row.decode("entry_id")
        let kind = try row.decode("kind", as: String.self)
        guard let known = EntryKind(rawValue: kind) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "a kind that is not known: \(kind)")
            )
        }
        self.kind = known
        ticketID = try row.decodeIfPresent("ticket_id")
        let title = try row.decodeIfPresent("title", as: String.self)
        self.title = title == "" ? ticketID.map { String($0.uuidString.lowercased().prefix(8)) } : title
        amount = Money(cents: try row.decode("amount"))
        balanceAfter = Money(cents: try row.decode("balance_after"))
        at = try row.decode("at")
    }
}
