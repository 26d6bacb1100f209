import Foundation
import PageKit
import PopugEvents
import Postgres

/// A value that a page of accounting shows and that changes: what the keys of its streams name.
enum AccountingKey: Hashable, Sendable {
    /// What an account holds.
    case balance(UUID)
    /// What it has earned today.
    case today(UUID)
    /// Its last wage.
    case wage(UUID)
    /// That it is below zero, in a sentence.
    case carries(UUID)
    /// What it has earned of a business day.
    case sum(UUID, CalendarDate)
    /// Whether the reward of a ticket has come to it, in a sentence.
    case reward(UUID, ticket: UUID)
    /// What management has taken today, and with it what was taken on other days.
    case management(Earning, besides: Money)
    /// How many wages the close of a day has paid; of how many is said beside it.
    case paid(CalendarDate, of: UInt64)
    /// The same in figures.
    case paidWords(CalendarDate, of: UInt64)
    /// How the close of a day is, in a sentence.
    case closing(CalendarDate)

    /// What management looks at.
    enum Earning: String, Sendable, CaseIterable {
        case commissions, rewards, earned

        func amount(of day: DayEarnings) -> Money {
            switch self {
            case .commissions: day.commissions
            case .rewards: day.rewards
            case .earned: day.earned
            }
        }
    }

    /// The key's name.
    var live: LiveKey {
        switch self {
        case .balance(let user): LiveKey("balance/\(user.uuidString)")
        case .today(let user): LiveKey("today/\(user.uuidString)")
        case .wage(let user): LiveKey("wage/\(user.uuidString)")
        case .carries(let user): LiveKey("carries/\(user.uuidString)")
        case .sum(let user, let day): LiveKey("sum/\(user.uuidString)/\(day)")
        case .reward(let user, let ticket): LiveKey("reward/\(user.uuidString)/\(ticket.uuidString)")
        case .management(let earning, let besides): LiveKey("management/\(earning.rawValue)/\(besides.cents)")
        case .paid(let day, let total): LiveKey("paid/\(day)/\(total)")
        // As a bar of progress names its figures.
        case .paidWords(let day, let total): LiveKey("paid/\(day)/\(total)/words")
        case .closing(let day): LiveKey("closing/\(day)")
        }
    }

    /// The value of that name; nil where it is none of ours.
    init?(_ key: LiveKey) {
        let parts = key.description.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        let (user, day) = (
            parts.dropFirst().first.flatMap { UUID(uuidString: $0) },
            parts.dropFirst().first.flatMap { CalendarDate($0) }
        )
        switch (parts.first, parts.count, user, day) {
        case ("balance", 2, let user?, _): self = .balance(user)
        case ("today", 2, let user?, _): self = .today(user)
        case ("wage", 2, let user?, _): self = .wage(user)
        case ("carries", 2, let user?, _): self = .carries(user)
        case ("closing", 2, _, let day?): self = .closing(day)
        case ("sum", 3, let user?, _):
            guard let day = CalendarDate(parts[2]) else { return nil }
            self = .sum(user, day)
        case ("reward", 3, let user?, _):
            guard let ticket = UUID(uuidString: parts[2]) else { return nil }
            self = .reward(user, ticket: ticket)
        case ("management", 3, _, _):
            guard let earning = Earning(rawValue: parts[1]), let cents = Int64(parts[2]) else { return nil }
            self = .management(earning, besides: Money(cents: cents))
        case ("paid", 3, _, let day?):
            guard let total = UInt64(parts[2]) else { return nil }
            self = .paid(day, of: total)
        case ("paid", 4, _, let day?):
            guard let total = UInt64(parts[2]), parts[3] == "words" else { return nil }
            self = .paidWords(day, of: total)
        default: return nil
        }
    }
}
