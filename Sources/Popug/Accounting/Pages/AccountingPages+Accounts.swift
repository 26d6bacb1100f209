import Foundation
import Hummingbird
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// Who has what.
extension AccountingPages {
    func addAccounts(to routes: inout PageRoutes) {
        let fields = ["search", "balance", "after", "before"]
        routes.page("/accounts", for: .roles(.accountant, .admin), fields: fields) { visit in
            let (text, balance) = (visit.field("search"), visit.field("balance"))
            guard [nil, "negative"].contains(balance) else {
                throw HTTPError(.badRequest, message: "“balance” is negative, or nothing.")
            }
            let search = AccountSearch(text: text, isBelowZero: balance != nil)
            let found = try await books.search(search, at: try AccountPlace.of(visit), in: database)
            return visit.page("Accounts", body: Self.body(found, visit, text: text, balance: balance))
        }
    }

    private static func body(_ found: FoundAccounts, _ visit: Visit, text: String?, balance: String?) -> HTML {
        let sums = found.sums
        let stats = Stats([
            Stat("Accounts", .count(sums.accounts)), Stat("Sum of balances", sums.balance.cell),
            Stat("Below zero", .count(sums.belowZero), note: "\(sums.debt.pageText) in all"),
            Stat("Today", sums.earnedToday.cell, note: "Rewards less commissions"),
        ])
        func list(search: String?, balance: String?) -> LinkTarget {
            LinkTarget(["accounts"], query: [("search", search), ("balance", balance)]) ?? "/accounts"
        }
        var conditions: [FilterBar.Condition] = []
        if let text { conditions.append(.init("Name or id: \(text)", without: list(search: nil, balance: balance))) }
        if balance != nil { conditions.append(.init("Below zero", without: list(search: text, balance: nil))) }
        let filter = FilterBar(
            "Accounts",
            "/accounts",
            fields: [
                FormField("search", "Part of a name, or 8 letters of an id", .search, value: text ?? ""),
                FormField(
                    "balance",
                    "Balance",
                    .select([.init("", "any"), .init("negative", "below zero")]),
                    value: balance ?? ""
                ),
            ],
            conditions: conditions
        )
        let table = DataTable(
            id: "accounts",
            caption: "Accounts by name",
            isCaptionHidden: true,
            columns: [
                .init("Name"), .init("Role"), .init("Balance", isNumber: true), .init("Today", isNumber: true),
            ],
            rows: found.page.items.map { line($0) },
            sums: found.page.items.isEmpty
                ? []
                : [.init("All that are found"), .init(""), .init(sums.balance.cell), .init(sums.earnedToday.cell)],
            empty: text == nil && balance == nil
                ? "Nobody yet: who is added to popug has an account a moment later." : "No account is like this."
        )
        let pager = Pager(
            newer: found.page.previous.map { target($0, visit) },
            older: found.page.next.map { target($0, visit) },
            names: ("Previous", "Next")
        )
        return "\(filter)\(stats)\(table)\(pager)"
    }

    private static func line(_ line: FoundAccounts.Line) -> [DataTable.Cell] {
        let account = line.account
        let target = LinkTarget(["accounts", account.userID.uuidString.lowercased()]) ?? "/accounts"
        return [
            .init(.component(Link("\(account.name)", to: target))), .init(.component(Badge(account.role.rawValue))),
            .init(account.balance.cell), .init(line.earnedToday.cell),
        ]
    }

    // MARK: Places

    private static func target(_ place: ListPlace<AccountKey>, _ visit: Visit) -> LinkTarget {
        var fields = ["search", "balance"].map { ($0, visit.field($0)) }
        if let key = place.after { fields.append(("after", AccountPlace.text(of: key))) }
        if let key = place.before { fields.append(("before", AccountPlace.text(of: key))) }
        return LinkTarget(["accounts"], query: fields) ?? "/accounts"
    }
}
