import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// The reward of a ticket that somebody has just closed: it comes to the account in a moment, and the page says whether it has.
struct RewardExpectation {
    let user: UUID
    let ticket: UUID
    /// Nil: it has not come yet.
    let entry: LedgerEntry?

    /// The sentence, which changes when it comes.
    var message: Message {
        let words = entry.map { Self.words($0) } ?? "The reward of this ticket has not come yet; it appears here."
        return Message("\(LiveText(words, live: AccountingKey.reward(user, ticket: ticket).live))", .info)
    }

    static func words(_ entry: LedgerEntry) -> String {
        "The reward of “\(entry.title ?? "")” has come: \(entry.amount.pageText)."
    }
}

extension AccountingPages {
    /// Waits for a reward, and not for long: then the page is shown without it.
    func reward(of ticket: UUID, to user: UUID) async throws -> RewardExpectation {
        let end = ContinuousClock.now.advanced(by: patience)
        var entry = try await books.reward(of: ticket, to: user, in: database)
        while entry == nil, ContinuousClock.now < end {
            try await Task.sleep(for: min(.milliseconds(100), end - .now))
            entry = try await books.reward(of: ticket, to: user, in: database)
        }
        return RewardExpectation(user: user, ticket: ticket, entry: entry)
    }
}
