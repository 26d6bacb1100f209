import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// Who owes money, and since when.
struct BelowZeroPage {
    let count: Int
    let page: ListPage<Debtor, Debtor.Key>
    let places: PopugPlaces

    var body: HTML { "\(stats)\(table)\(pager)" }

    /// Where fresh values come from: of those who stand on the page, whoever is below zero then.
    var stream: LinkTarget? {
        let users = page.items.map(\.userID.text).joined(separator: ",")
        return LinkTarget(["live", "below-zero"], query: [("users", users.isEmpty ? nil : users)])
    }

    private var stats: Stats {
        Stats([Stat("Employees below zero now", .count(count), live: AnalyticsKey.belowZero.live)])
    }

    private var table: DataTable {
        DataTable(
            id: "debtors",
            caption: "Below zero, the lowest balance first",
            columns: [.init("Name"), .init("Balance", isNumber: true), .init("Since")],
            rows: page.items.map { debtor in
                [
                    .init(.html(name(debtor))),
                    .init(Money(cents: debtor.balance).cell, live: AnalyticsKey.balance(debtor.userID).live),
                    .init(.text(debtor.since.briefText)),
                ]
            },
            empty: count == 0
                ? "Nobody is below zero. Whoever is charged more commissions than they have earned comes here."
                : "Nobody is at this place of the list any more: \(Link("to its first page", to: Self.first))."
        )
    }

    private func name(_ debtor: Debtor) -> HTML {
        let target = places.target(.accounting, LinkTarget(["accounts", debtor.userID.text]) ?? "/")
        return target.map { "\(Link("\(debtor.name)", to: $0))" } ?? "\(debtor.name)"
    }

    private var pager: Pager {
        Pager(
            newer: page.previous.flatMap(Self.target),
            older: page.next.flatMap(Self.target),
            names: ("Lower balances", "Higher balances")
        )
    }

    private static var first: LinkTarget { AnalyticsTab.belowZero.target }

    private static func target(_ place: ListPlace<Debtor.Key>) -> LinkTarget? {
        switch place {
        case .start: first
        case .after(let key): LinkTarget(["below-zero"], query: [("after", key.text)])
        case .before(let key): LinkTarget(["below-zero"], query: [("before", key.text)])
        }
    }
}

extension Debtor.Key {
    /// `-1900.0190f6d2-…`
    var text: String { "\(balance).\(userID.text)" }

    /// - Parameter text: One that `text` made; nil for any other.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let balance = Int64(parts[0]), let user = UUID(uuidString: String(parts[1])) else {
            return nil
        }
        self.init(balance: balance, userID: user)
    }
}

extension Visit {
    /// Which page of those below zero.
    ///
    /// - Throws: `HTTPError` where the address names no place in the list.
    fileprivate var place: ListPlace<Debtor.Key> {
        get throws {
            switch (field("after"), field("before")) {
            case (nil, nil): return .start
            case (let text?, nil):
                guard let key = Debtor.Key(text) else { break }
                return .after(key)
            case (nil, let text?):
                guard let key = Debtor.Key(text) else { break }
                return .before(key)
            case (_?, _?): break
            }
            throw HTTPError(.badRequest, message: "This address names no place in the list. Begin with its first page.")
        }
    }
}

extension AnalyticsPages {
    func addBelowZero(to routes: inout PageRoutes) {
        routes.page("/below-zero", for: .roles(.admin), fields: ["after", "before"]) { visit in
            let place = try visit.place
            let days = try await reports.businessDays(in: database)
            let found = BelowZeroPage(
                count: try await reports.employeesBelowZero(in: database),
                page: try await reports.debtors(at: place, in: database),
                places: visit.places
            )
            return try await page(.belowZero, visit, days, stream: found.stream, body: found.body)
        }
        routes.stream("/live/below-zero", for: .roles(.admin), fields: ["users"]) { visit in
            let users = (visit.field("users") ?? "").split(separator: ",").prefix(Reports.pageLength)
            let balances = users.compactMap { UUID(uuidString: String($0)).map { AnalyticsKey.balance($0) } }
            return Set(balances + [.belowZero, .rebuild]).live
        }
    }
}
