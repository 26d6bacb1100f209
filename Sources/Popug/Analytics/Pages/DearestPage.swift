import Foundation
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// Which closed ticket earned most: of the day, of the week, of the month.
struct DearestPage {
    /// A period with its ticket; nil where none was closed in it.
    struct Found: Sendable {
        let period: Period
        let days: ClosedRange<CalendarDate>
        let ticket: ExpensiveTicket?
    }

    let found: [Found]
    let clock: PageClock
    let places: PopugPlaces

    var body: HTML { HTML(found.map { section($0) }) }

    /// What an open page keeps fresh.
    var keys: Set<AnalyticsKey> {
        Set(found.map { .dearest($0.period, shown: $0.ticket?.ticketID) } + [.rebuild])
    }

    /// What an open page is told: nothing as long as the dearest ticket is the one that it shows.
    static func news(shown: UUID?, now: UUID?) -> String {
        if shown == now { return "" }
        return now == nil ? "It is not counted any more: reload the page." : "It is another one now: reload the page."
    }

    private func section(_ found: Found) -> Section {
        let news = LiveText("", live: AnalyticsKey.dearest(found.period, shown: found.ticket?.ticketID).live)
        let cards = Cards(
            found.ticket.map { [card($0)] } ?? [],
            empty: "No ticket was closed \(found.period.phrase).",
            isBelowHeading: true
        )
        let title = "\(found.period.name): \(found.days.text)"
        return Section(title, [cards, Paragraph(news.html)])
    }

    private func card(_ ticket: ExpensiveTicket) -> Cards.Card {
        let id = ticket.ticketID.text
        let assignee = places.target(.accounting, LinkTarget(["accounts", ticket.assigneeID.text]) ?? "/")
        let name: HTML = assignee.map { "\(Link("\(ticket.assigneeName)", to: $0))" } ?? "\(ticket.assigneeName)"
        return Cards.Card(
            ticket.title ?? "Ticket \(id.prefix(8))",
            to: places.target(.tracker, LinkTarget(["tickets", id]) ?? "/"),
            facts:
                "Reward \(Money(cents: ticket.reward).pageText), earned by \(name), closed \(TimeText(ticket.closedAt, clock))"
        )
    }
}

extension Period {
    fileprivate var name: String {
        switch self {
        case .day: "Today"
        case .week: "This week"
        case .month: "This month"
        }
    }

    fileprivate var phrase: String { name.lowercased() }
}

extension AnalyticsPages {
    func addDearest(to routes: inout PageRoutes) {
        routes.page("/tickets", for: .roles(.admin)) { visit in
            let days = try await reports.businessDays(in: database)
            var found: [DearestPage.Found] = []
            for period in Period.allCases {
                let ticket = try await reports.mostExpensiveTicket(of: period, around: days.today, in: database)
                found.append(.init(period: period, days: period.days(around: days.today), ticket: ticket))
            }
            let dearest = DearestPage(found: found, clock: visit.clock, places: visit.places)
            let shown = found.map { ($0.period.rawValue, $0.ticket?.ticketID.text) }
            return try await page(
                .dearest,
                visit,
                days,
                stream: LinkTarget(["live", "tickets"], query: shown),
                body: dearest.body
            )
        }
        routes.stream("/live/tickets", for: .roles(.admin), fields: Period.allCases.map(\.rawValue)) { visit in
            let shown = Period.allCases.map { period in
                AnalyticsKey.dearest(period, shown: visit.field(period.rawValue).flatMap { UUID(uuidString: $0) })
            }
            return Set(shown + [.rebuild]).live
        }
    }
}
