import Foundation
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/failed`: what failed, why, what now?
enum FailedPage {
    /// The most events on a page.
    private static let size = 50

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/failed", fields: FailedQuery.fields + ["order", "after"]) { visit in
            let system = visit.parts.connections
            let query = try visit.failedQuery()
            let isOldestFirst = try isOldestFirst(visit)
            let after = try visit.query["after"].map { try FailedQuery.name($0, system) }
            let question = FailedList.Question(query: query, isOldestFirst: isOldestFirst, after: after)
            let list = try await visit.look(for: question) { try await FailedList(question, most: size, in: $0) }
            var page = visit.page(
                "Failed",
                notices: visit.notices(of: list.problems),
                command: command(query, isOldestFirst),
                body: try await body(list, query, visit)
            )
            page.asOf = AsOf(visit.clock.now, visit.clock, again: visit.address())
            return Answer(page) {
                var document = FailedListDocument()
                let events = try list.rows.map { try document.next($0.event, of: $0.group) }.joined()
                return try events + document.end(list.countsByGroup, visit.parts.documents(of: list.problems))
            }
        }
    }

    private static func isOldestFirst(_ visit: Visit) throws -> Bool {
        switch visit.query["order"] ?? "" {
        case "", "newest": return false
        case "oldest": return true
        case let other:
            throw HTTPError(
                .badRequest,
                message: "The order is newest or oldest, and not “\(VisibleText.of(other))”."
            )
        }
    }

    private static func command(_ query: FailedQuery, _ isOldestFirst: Bool) -> String {
        let options = query.ids.isEmpty ? query.options.filter { $0 != "--all" } : []
        return (["perch failed list"] + options + (isOldestFirst ? [] : ["--newest"])).joined(separator: " ")
    }

    // MARK: The body

    private static func body(_ list: FailedList, _ query: FailedQuery, _ visit: Visit) async throws -> HTML {
        let bar = FailedFilterBar(query: query, visit: visit)
        let tabs = bar.tabs(list.counts, isWhole: list.problems.isEmpty)
        guard !list.rows.isEmpty else {
            return HTML([bar.bar, tabs, try await empty(list, query, visit)])
        }
        let offer = FailedOffer(query: query, counts: list.shownCounts, isWhole: list.problems.isEmpty, visit: visit)
        let form = TickForm(
            "What is ticked",
            fields: [FormField("ticked", "", .hidden, value: "yes")],
            content: FailedTable(rows: list.rows, hasBoxes: !offer.ticked.isEmpty, visit: visit).html,
            choices: offer.ticked
        )
        let next = list.next.map { visit.address(setting: "after", to: $0.text) }
        let isOldestFirst = try isOldestFirst(visit)
        let pager = Pager(
            newer: isOldestFirst ? next : nil,
            older: isOldestFirst ? nil : next,
            words: "\(NumberText.count(list.rows.count)) here"
        )
        let first: [any Component] =
            visit.query["after"] == nil
            ? [] : [Paragraph(Link("To the first page", to: visit.address(setting: "after", to: nil)).html)]
        return HTML([folded(bar.bar, query), tabs, offer.html(here: list.rows.count), form, pager] + first)
    }

    /// Many fields stand before the list only where one of them is set.
    private static func folded(_ bar: FilterBar, _ query: FailedQuery) -> any Component {
        query.isEmpty ? Disclosure("Filter", bar.html) : bar
    }

    private static func empty(_ list: FailedList, _ query: FailedQuery, _ visit: Visit) async throws -> HTML {
        if visit.query["after"] != nil {
            return Paragraph(
                "Nothing comes after this. \(Link("To the first page", to: visit.address(setting: "after", to: nil)))"
            ).html
        }
        guard query.isEmpty else {
            return Paragraph("Nothing matches. \(Link("All that failed", to: "/failed"))").html
        }
        guard list.problems.isEmpty else { return Paragraph("Nothing that is known has failed.").html }
        let since = await visit.parts.sampler.current().workers.map(\.startedAt).min()
        return Paragraph(
            since.map {
                "Nothing has failed. The oldest worker runs since \(TimeText($0, visit.clock, isExact: true))."
            }
                ?? "Nothing has failed. No worker runs."
        ).html
    }
}
