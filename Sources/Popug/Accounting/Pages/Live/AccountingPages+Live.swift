import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

extension AccountingPages: LiveSource {
    /// A question for each kind of page that is open, however many there are.
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String] {
        let known = keys.compactMap { key in AccountingKey(key).map { (key, $0) } }
        let now = try await LiveAnswers(of: known.map(\.1), self)
        return [LiveKey: String](known.compactMap { key, value in now.text(of: value).map { (key, $0) } }) { first, _ in
            first
        }
    }

    func rows(of feeds: Set<LiveFeed>) async throws -> [LiveFeed: LiveRows] {
        let tables = feeds.compactMap { feed in LedgerFeed(feed).map { (feed, $0) } }
        // Pages of one account may have come to different entries.
        var known: [UUID: Int64] = [:]
        for (feed, table) in tables { known[table.user] = min(known[table.user] ?? .max, feed.past) }
        var rows: [LiveFeed: LiveRows] = [:]
        for news in try await books.news(since: known, limit: LedgerFeed.most, in: database) {
            for (feed, table) in tables where table.user == news.statement.userID {
                let clock = PageClock(now: payDay.now(), zoneName: feed.zone.identifier)
                rows[feed] = table.rows(news.entries, past: feed.past, LedgerLine.Words(clock, places))
            }
        }
        return rows
    }
}

/// What is so at the moment of what open pages show.
private struct LiveAnswers {
    private var accounts: [UUID: AccountOverview] = [:]
    private var sums: [AccountDay: Money] = [:]
    private var rewards: [AccountTicket: LedgerEntry] = [:]
    private var today: DayEarnings?
    private var closes: [CalendarDate: PaidSoFar] = [:]
    private var paying: Set<CalendarDate> = []
    private let now: Timestamp

    init(of keys: [AccountingKey], _ pages: AccountingPages) async throws {
        let (books, database) = (pages.books, pages.database)
        now = pages.payDay.now()
        var (users, days, tickets): (Set<UUID>, Set<AccountDay>, Set<AccountTicket>) = ([], [], [])
        var closing: Set<CalendarDate> = []
        var asksManagement = false
        for key in keys {
            switch key {
            case .balance(let user), .today(let user), .wage(let user), .carries(let user): users.insert(user)
            case .sum(let user, let day): days.insert(AccountDay(user: user, day: day))
            case .reward(let user, let ticket): tickets.insert(AccountTicket(user: user, ticket: ticket))
            case .management: asksManagement = true
            case .paid(let day, _), .paidWords(let day, _), .closing(let day): closing.insert(day)
            }
        }
        if !users.isEmpty {
            for found in try await books.overviews(of: Array(users), in: database) {
                accounts[found.account.userID] = found
            }
        }
        if !days.isEmpty { sums = try await books.sums(of: Array(days), in: database) }
        if !tickets.isEmpty { rewards = try await books.rewards(of: Array(tickets), in: database) }
        if asksManagement {
            let day = try await books.today(in: database)
            today = try await books.earnings(from: day, to: day, in: database).first
        }
        for day in closing {
            if await pages.payouts.isPaying(day) { paying.insert(day) }
            closes[day] = try await pages.payDay.paid(of: day, in: database)
        }
    }

    /// Nil: it is not known.
    func text(of key: AccountingKey) -> String? {
        switch key {
        case .balance(let user): accounts[user]?.account.balance.pageText
        case .today(let user): accounts[user]?.earnedToday.pageText
        case .wage(let user): accounts[user].flatMap { AccountView.wage(of: $0)?.pageText }
        case .carries(let user): accounts[user].map { AccountView.carries($0.account.balance) }
        case .sum(let user, let day): sums[AccountDay(user: user, day: day)]?.pageText
        case .reward(let user, let ticket):
            rewards[AccountTicket(user: user, ticket: ticket)].map { RewardExpectation.words($0) }
        case .management(let earning, let besides):
            today.map { [earning.amount(of: $0), besides].sum.pageText }
        case .paid(let day, _): closes[day].map { String($0.people) }
        case .paidWords(let day, let total): closes[day].map { DayPage.figures($0.people, of: total) }
        case .closing(let day): closes[day].map { DayPage.words($0, isPaying: paying.contains(day), at: now) }
        }
    }
}
