import Foundation
import Hummingbird
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What somebody has: their own account, and for accountants and admins that of anybody.
extension AccountingPages {
    func addAccount(to routes: inout PageRoutes) {
        routes.page("/account", fields: ["day", "since", "expect"]) { visit in
            let user = visit.viewer.user
            var view = try await view(of: user.id, ["account"], visit, empty: Self.empty(for: user.role))
            if let text = visit.field("expect") {
                guard let ticket = UUID(uuidString: text) else {
                    throw HTTPError(.badRequest, message: "“expect” is the id of a ticket.")
                }
                view.expectation = try await reward(of: ticket, to: user.id)
                // What has come while it was waited for belongs to the page.
                if view.expectation?.entry != nil {
                    let expectation = view.expectation
                    view = try await self.view(of: user.id, ["account"], visit, empty: Self.empty(for: user.role))
                    view.expectation = expectation
                }
            }
            return page(view, "My account", visit)
        }
        routes.page("/account/days/{day}", fields: ["before"]) { visit in
            try await dayPage(of: visit.viewer.user.id, ["account"], "My account", visit)
        }
        routes.stream(
            "/live/account",
            fields: ["past", "open", "expect"],
            content: { visit in
                try content(of: visit.viewer.user.id, visit)
            }
        )
        routes.page("/accounts/{user}", for: .roles(.accountant, .admin), fields: ["day", "since"]) { visit in
            let account = try await account(of: visit)
            let id = account.userID
            let empty: HTML = "Nothing yet: the first ticket of \(account.name) brings it."
            let view = try await view(of: id, ["accounts", id.uuidString.lowercased()], visit, empty: empty)
            return page(view, "\(account.name)'s account", visit)
        }
        routes.page("/accounts/{user}/days/{day}", for: .roles(.accountant, .admin), fields: ["before"]) { visit in
            let account = try await account(of: visit)
            let path = ["accounts", account.userID.uuidString.lowercased()]
            return try await dayPage(of: account.userID, path, "\(account.name)'s account", visit)
        }
        routes.stream(
            "/live/accounts/{user}",
            for: .roles(.accountant, .admin),
            fields: ["past", "open", "expect"],
            content: { visit in try content(of: try await account(of: visit).userID, visit) }
        )
    }

    private static func empty(for role: Role) -> HTML {
        role == .employee
            ? "Nothing yet: your first ticket brings it."
            : "Nothing, and nothing is to come: tickets go to employees, and you are \(role.rawValue)."
    }

    /// - Throws: 404 where accounting has not heard of the user.
    private func account(of visit: Visit) async throws -> Account {
        if let id = visit.id("user"), let found = try await books.overview(of: id, in: database) {
            return found.account
        }
        let words: HTML = """
            Accounting knows no user of this id, or has not heard of them yet. \(Link("Look for an account", to: "/accounts"))
            """
        throw OtherPage(visit.page("No such account", body: Paragraph(words).html), .notFound)
    }

    private func view(of user: UUID, _ path: [String], _ visit: Visit, empty: HTML) async throws -> AccountView {
        let place: ListPlace<CalendarDate>
        if let day = try dayField("day", of: visit) {
            place = .after(CalendarDate(daysSince1970: day.daysSince1970 + 1))
        } else if let day = try dayField("since", of: visit) {
            place = .before(day)
        } else {
            place = .start
        }
        // First up to where entries are there: those that come meanwhile are told again, and shown once.
        let last = try await books.entries(of: user, limit: 1, in: database)?.first?.entryID ?? 0
        let ledger = try await books.ledger(of: user, at: place, entries: 50, in: database)
        let overview = try await books.overview(of: user, in: database)
        let (open, today) = try await books.openDay(in: database)
        return AccountView(
            path: path,
            user: user,
            overview: overview,
            ledger: ledger ?? ListPage([], at: place, limit: Books.ledgerDays, key: \.day),
            today: today,
            last: last,
            openDay: place == .start ? open : nil,
            empty: empty
        )
    }

    private func page(_ view: AccountView, _ heading: String, _ visit: Visit) -> Page {
        let words = LedgerLine.Words(visit.clock, visit.places)
        let body = view.body(words, note: zoneNote(visit), typed: visit.field("day"))
        return visit.page(heading, stream: view.stream, body: body)
    }

    /// All entries of a business day, some at a time.
    private func dayPage(of user: UUID, _ path: [String], _ name: String, _ visit: Visit) async throws -> Page {
        let day = try day(of: visit)
        let before = visit.field("before").map { Int64($0) }
        if let before, before == nil { throw HTTPError(.badRequest, message: "“before” is the number of an entry.") }
        let limit = Books.pageLength
        let found =
            try await books.entries(of: user, day: day, before: before ?? nil, limit: limit + 1, in: database) ?? []
        let today = try await books.today(in: database)
        let own = path + ["days", "\(day)"]
        let words = LedgerLine.Words(visit.clock, visit.places)
        let shown = found.prefix(limit)
        let older =
            found.count > limit ? shown.last.flatMap { LinkTarget(own, query: [("before", String($0.entryID))]) } : nil
        let table = DataTable(
            id: "entries",
            caption: "Entries of \(day.heading(on: today))",
            isCaptionHidden: true,
            columns: LedgerLine.columns,
            rows: shown.map { LedgerLine($0, of: day).cells(words) },
            empty: "There are none."
        )
        let pager = Pager(newer: before == nil ? nil : LinkTarget(own), older: older)
        let back = Paragraph("\(Link("To the whole account", to: LinkTarget(path) ?? "/"))")
        return visit.page(
            "\(name), \(day.heading(on: today))",
            body: "\(zoneNote(visit))\(table)\(pager)\(back)"
        )
    }

    private func content(of user: UUID, _ visit: Visit) throws -> (Set<LiveKey>, LiveFeed?) {
        let open = try dayField("open", of: visit)
        let ticket = visit.field("expect").flatMap { UUID(uuidString: $0) }
        let keys = AccountView.keys(user, openDay: open, ticket: ticket)
        guard let open else { return (keys, nil) }
        guard let past = Int64(visit.field("past") ?? "0") else {
            throw HTTPError(.badRequest, message: "“past” is the number of an entry.")
        }
        return (keys, LiveFeed(LedgerFeed(user: user, day: open).subject, past: past, zone: visit.clock.zone))
    }
}
