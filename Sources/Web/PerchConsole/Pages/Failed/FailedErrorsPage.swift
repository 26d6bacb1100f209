import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/failed/errors`: what failed events and dead letters died of; what differs only in numbers and ids is one line.
enum FailedErrorsPage {
    /// The newest events of a group that are looked at.
    private static let depth = 10_000
    private static let most = 50

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/failed/errors", fields: FailedQuery.fields) { visit in
            let query = try visit.failedQuery()
            let found = try await visit.look(for: Question(query: query)) { try await Found(query, in: $0) }
            var page = visit.page(
                "Errors",
                notices: visit.notices(of: found.problems),
                command: (["perch failed errors"] + query.options.filter { $0 != "--all" }).joined(separator: " "),
                body: body(found, query, visit)
            )
            page.asOf = AsOf(visit.clock.now, visit.clock, again: visit.address())
            return Answer(page) {
                var document = FailedErrorsDocument()
                for (group, pattern) in found.patterns { document.add(pattern, of: group) }
                document.isCut = found.isCut
                document.problems = visit.parts.documents(of: found.problems)
                return try JSONOutput.text(document)
            }
        }
    }

    private struct Question: Sendable, Hashable {
        let query: FailedQuery
    }

    private struct Found: Maskable {
        var patterns: [(group: GroupName, pattern: ErrorPattern)] = []
        var isCut = false
        var problems: [ServerProblem] = []

        init(_ query: FailedQuery, in system: OperatedSystem) async throws {
            for (group, filter) in query.choices(system.connections) {
                do {
                    let failed = FailedEvents(system, of: group)
                    let found = try await failed.errors(filter: filter, limit: most, depth: depth)
                    isCut = isCut || found.isCut
                    patterns += found.patterns.map { (group, $0) }
                } catch let problem as ServerProblem {
                    problems.append(problem)
                }
            }
            patterns.sort { Self.sum($0.pattern) > Self.sum($1.pattern) }
        }

        func masked(in contract: Contract) -> Found {
            var shown = self
            shown.patterns = patterns.map { ($0.group, $0.pattern.masked(in: contract)) }
            return shown
        }

        static func sum(_ pattern: ErrorPattern) -> Int { pattern.counts.values.reduce(0, +) }
    }

    private static func body(_ found: Found, _ query: FailedQuery, _ visit: Visit) -> HTML {
        let table = DataTable(
            id: "errors",
            caption: "Errors",
            isCaptionHidden: true,
            columns: [
                .init("Error"), .init("Events", unit: "#", isNumber: true), .init("Dead", unit: "#", isNumber: true),
                .init("Keys", unit: "#", isNumber: true), .init("Group"), .init("Type"), .init("First"), .init("Last"),
                .init("Sample"),
            ],
            rows: found.patterns.map { cells($0.group, $0.pattern, visit) },
            empty: query.isEmpty
                ? "Nothing has failed." : "Nothing matches. \(Link("All errors", to: "/failed/errors"))"
        )
        let depth = Paragraph(
            found.isCut
                ? "Of each group the newest \(depth) events were looked at, and at most \(most) errors are shown: there are more."
                : "Numbers and ids are written as …, so that one line has all that died of the same."
        )
        return HTML([depth, table, Paragraph(Link("Event by event", to: query.target("failed")).html)])
    }

    private static func cells(_ group: GroupName, _ pattern: ErrorPattern, _ visit: Visit) -> [DataTable.Cell] {
        let isWhole = pattern.text != Masking.mask
        let fields = [
            ("group", group.rawValue), ("type", pattern.type.rawValue), ("pattern", isWhole ? pattern.text : nil),
        ]
        let list = LinkTarget(["failed"], query: fields) ?? "/failed"
        let words = pattern.text.isEmpty ? "(no words)" : pattern.text
        return [
            .init(.component(Link(HTML(words), to: list))), .init(.count(Found.sum(pattern))),
            .init(.count(pattern.counts[.dead] ?? 0)), .init(.count(pattern.keys)), .init(.text(group.rawValue)),
            .init(.text(pattern.type.rawValue)),
            .init(.component(TimeText(pattern.failedAt.lowerBound, visit.clock))),
            .init(.component(TimeText(pattern.failedAt.upperBound, visit.clock))),
            .init(.component(FailedWords.link(group, pattern.newest))),
        ]
    }
}
