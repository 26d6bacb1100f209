import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// An account as its page shows it: what it holds, what it has earned, and its ledger by business days.
struct AccountView {
    /// Where the page and those below it are: `["account"]`.
    let path: [String]
    let user: UUID
    /// Nil: accounting has not heard of the user yet.
    let overview: AccountOverview?
    let ledger: ListPage<LedgerDay, CalendarDate>
    let today: CalendarDate
    /// The last entry that the page has, whatever day it counts to; 0: none.
    let last: Int64
    /// The day that new entries count to, where this page has its table: it is the first page.
    let openDay: CalendarDate?
    var expectation: RewardExpectation?
    /// What the page says where there is no entry at all.
    let empty: HTML

    // MARK: Values

    static func wage(of overview: AccountOverview) -> Money? {
        overview.lastWage.map { Money(cents: $0.amount.cents == .min ? .max : -$0.amount.cents) }
    }

    static func carries(_ balance: Money) -> String {
        balance.cents < 0 ? "\(balance.pageText) carries over to the next day" : ""
    }

    /// What its stream carries.
    static func keys(_ user: UUID, openDay: CalendarDate?, ticket: UUID?) -> Set<LiveKey> {
        var keys: [AccountingKey] = [.balance(user), .today(user), .wage(user), .carries(user)]
        if let openDay { keys.append(.sum(user, openDay)) }
        if let ticket { keys.append(.reward(user, ticket: ticket)) }
        return Set(keys.map(\.live))
    }

    /// Where its stream is.
    var stream: LinkTarget? {
        LinkTarget(
            ["live"] + path,
            query: [
                ("past", String(last)), ("open", openDay?.description),
                ("expect", expectation?.ticket.uuidString.lowercased()),
            ]
        )
    }

    // MARK: Parts

    func body(_ words: LedgerLine.Words, note: HTML, typed day: String?) -> HTML {
        let parts: [HTML] = [
            expectation?.message.html ?? .empty, stats(words.clock).html, filter(day).html, note, FeedWords().html,
            HTML(days.map { section($0, words) }), pager.html,
        ]
        return HTML(parts)
    }

    private func stats(_ clock: PageClock) -> Stats {
        let balance = overview?.account.balance ?? Money(cents: 0)
        let wage = overview.flatMap(\.lastWage)
        return Stats([
            Stat(
                "Balance",
                balance.cell,
                note: "\(LiveText(Self.carries(balance), live: AccountingKey.carries(user).live))",
                live: AccountingKey.balance(user).live
            ),
            Stat(
                "Today",
                (overview?.earnedToday ?? Money(cents: 0)).cell,
                note: "Rewards less commissions",
                live: AccountingKey.today(user).live
            ),
            Stat(
                "Last wage",
                overview.flatMap { Self.wage(of: $0) }?.cell ?? .none,
                note: wage.map { "\(TimeText($0.at, clock))" } ?? "There was none yet",
                live: AccountingKey.wage(user).live
            ),
        ])
    }

    private func filter(_ day: String?) -> FilterBar {
        FilterBar(
            "Ledger",
            LinkTarget(path) ?? "/",
            fields: [FormField("day", "Up to the day", .date, value: day ?? "")],
            conditions: day.map { [.init("Up to \($0)", without: LinkTarget(path) ?? "/")] } ?? [],
            button: "Show"
        )
    }

    /// On the first page the day to which entries come has its place, also where it has none yet.
    private var days: [LedgerDay] {
        guard let openDay, !ledger.items.contains(where: { $0.day == openDay }) else { return ledger.items }
        let none = Money(cents: 0)
        let fresh = LedgerDay(day: openDay, state: .open, earned: none, paid: none, count: 0, entries: [])
        // Time zones change: a later day may have entries already.
        let later = ledger.items.prefix { $0.day > openDay }
        return later + [fresh] + ledger.items.dropFirst(later.count)
    }

    private func section(_ day: LedgerDay, _ words: LedgerLine.Words) -> Section {
        let title = Self.title(of: day, on: today)
        let takesRows = day.day == openDay
        let table = DataTable(
            id: "ledger-\(day.day)",
            caption: title,
            isCaptionHidden: true,
            columns: LedgerLine.columns,
            rows: day.entries.map { LedgerLine($0, of: day.day).cells(words) },
            sums: sums(of: day, isLive: takesRows),
            empty: ledger.items.isEmpty ? empty : "Nothing yet on this day.",
            feed: takesRows
                ? DataTable.Feed(
                    rowIDs: day.entries.map { LedgerLine.id(of: $0) },
                    linkColumns: LedgerLine.linkColumns,
                    holdsLinks: false
                ) : nil
        )
        return Section(title, id: "day-\(day.day)", [table, more(of: day)])
    }

    /// `Friday 28 November · closed · paid 48.20`
    static func title(of day: LedgerDay, on today: CalendarDate) -> String {
        let parts = [day.day.heading(on: today), day.state.words]
        return (parts + (day.paid.cents > 0 ? ["paid \(day.paid.pageText)"] : [])).joined(separator: " · ")
    }

    private func sums(of day: LedgerDay, isLive: Bool) -> [DataTable.Cell] {
        let live = isLive ? AccountingKey.sum(user, day.day).live : nil
        return [.init("Earned"), .init(""), .init(""), .init(day.earned.cell, live: live)]
    }

    private func more(of day: LedgerDay) -> HTML {
        guard day.count > day.entries.count, let all = LinkTarget(path + ["days", day.day.description]) else {
            return .empty
        }
        let link = Link("All of this day", to: all, label: "All of this day, \(day.day.heading(on: today))")
        return Paragraph("The last \(day.entries.count) of \(day.count) entries. \(link)", isNote: true).html
    }

    private var pager: Pager {
        func target(_ place: ListPlace<CalendarDate>?) -> LinkTarget? {
            switch place {
            case nil: nil
            case .start: LinkTarget(path)
            case .after(let day):
                LinkTarget(path, query: [("day", "\(CalendarDate(daysSince1970: day.daysSince1970 - 1))")])
            case .before(let day): LinkTarget(path, query: [("since", "\(day)")])
            }
        }
        return Pager(newer: target(ledger.previous), older: target(ledger.next))
    }
}
