import PageKit
import Perch
import PerchDocuments
import Times

/// `/operations`: what was begun here since the console started.
enum OperationsPage {
    private static let most = 50

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/operations") { visit in
            let operations = await visit.parts.operations.all()
            let table = DataTable(
                id: "operations",
                caption: "Operations",
                isCaptionHidden: true,
                columns: [
                    .init("Operation"), .init("State"), .init("Done", isNumber: true), .init("Who"), .init("Started"),
                    .init("Outcome"),
                ],
                rows: operations.prefix(most).map { cells($0, visit) },
                empty:
                    "Nothing was begun since this console was started. What was done before is in \(Link("the audit", to: "/audit"))."
            )
            let more = operations.count > most ? Paragraph("The newest \(most) of \(operations.count).") : nil
            var page = visit.page("Operations", body: HTML([table] + (more.map { [$0] } ?? [])))
            page.asOf = AsOf(
                visit.clock.now,
                visit.clock,
                stream: visit.isLive ? LinkTarget(["live"], query: [("of", visit.path)]) : nil,
                again: visit.address(),
                other: visit.address(setting: "live", to: visit.isLive ? "off" : nil)
            )
            return Answer(page) {
                let shown = operations.prefix(most).map { OperationDocument($0, maySee: visit.may(.seeData)) }
                return try JSONOutput.text(OperationsDocument(operations: shown, isCut: operations.count > most))
            }
        }
    }

    private static func cells(_ operation: Operation, _ visit: Visit) -> [DataTable.Cell] {
        let live = operation.live(at: visit.clock.now)
        func cell(_ name: String) -> DataTable.Cell {
            .init(.text(live[operation.key(name)] ?? ""), live: operation.key(name))
        }
        return [
            .init(.component(Link(HTML(operation.plan.title), to: operation.target))), cell("state"),
            cell("done/words"), .init(.text(operation.by)),
            .init(.component(TimeText(operation.startedAt, visit.clock))), cell("ending"),
        ]
    }
}
