import Foundation
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/operations/ID`: how far is it?
enum OperationPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/operations/{id}") { visit in
            let id = try id(visit)
            guard let operation = await visit.parts.operations.operation(id) else {
                return Answer(unknown(id, visit), status: .notFound)
            }
            var page = visit.page(operation.plan.title, body: body(operation, visit))
            // Nothing comes any more once it is over.
            let isLive = visit.isLive && !operation.state.isOver
            page.asOf = AsOf(
                visit.clock.now,
                visit.clock,
                stream: isLive ? LinkTarget(["live"], query: [("of", visit.path)]) : nil,
                again: visit.address(),
                other: operation.state.isOver ? nil : visit.address(setting: "live", to: visit.isLive ? "off" : nil)
            )
            return Answer(page) {
                try JSONOutput.text(OperationDocument(operation, maySee: visit.may(.seeData)))
            }
        }
        routes.form("/operations/{id}/stop", .retryFailed) { visit, _ in
            let id = try id(visit)
            guard let operation = await visit.parts.operations.operation(id) else {
                return .page(unknown(id, visit), .notFound)
            }
            guard mayStop(operation, visit) else {
                throw HTTPError(.forbidden, message: "Only \(operation.by), who started it, or an admin may stop it.")
            }
            guard operation.plan.stopWords != nil else {
                throw HTTPError(.conflict, message: "It cannot be stopped.")
            }
            await visit.parts.operations.stop(id)
            return .done(operation.target)
        }
    }

    private static func id(_ visit: Visit) throws -> UUID {
        guard let id = UUID(uuidString: visit.parameter("id")) else {
            throw HTTPError(.notFound, message: "Operations are named by a UUID; this is none.")
        }
        return id
    }

    private static func mayStop(_ operation: Operation, _ visit: Visit) -> Bool {
        visit.may(.retryFailed) && (operation.by == visit.viewer.signature || visit.viewer.role == .admin)
    }

    /// After a restart nothing is known here; what it did is in the records.
    private static func unknown(_ id: UUID, _ visit: Visit) -> Page {
        let audit = Places.audit(of: id)
        return visit.page(
            "Operation",
            body: HTML([
                Paragraph(
                    """
                    This console knows no operation \(Copied(id: id.text)): it was started again since, or has run many others. What an \
                    operation did is in \(Link("the audit of this id", to: audit)); if nothing is there, it did nothing.
                    """
                ), Paragraph(Link("All operations", to: "/operations").html),
            ])
        )
    }

    private static func body(_ operation: Operation, _ visit: Visit) -> HTML {
        let plan = operation.plan
        let maySee = visit.may(.seeData)
        // The addresses carry what was chosen.
        let isWhole = maySee || !plan.facts.contains(where: \.mayQuote)
        let rest = isWhole ? plan.rest : nil
        let live = operation.live(at: visit.clock.now)
        var parts: [any Component] = [
            Paragraph(
                "\(Badge(operation.state.words, live: operation.key("state"))) \(LiveText(operation.stage, live: operation.key("stage")))"
            ),
            ProgressBar(plan.title, done: operation.done, of: plan.total, unit: plan.unit, live: operation.key("done")),
            Paragraph(LiveText(operation.ending, live: operation.key("ending")).html),
        ]
        if !operation.state.isOver { parts.append(stop(operation, visit)) }
        if [.failed, .stopped].contains(operation.state), let rest { parts.append(goOn(rest)) }
        let rate = live[operation.key("rate")] ?? "?"
        let facts: [(String, CellValue)] =
            [("Who", .text(operation.by)), ("Started", .component(TimeText(operation.startedAt, visit.clock)))]
            + (operation.endedAt.map { [("Ended", .component(TimeText($0, visit.clock)))] } ?? [])
            + [("Rate", .html("\(LiveText(rate, live: operation.key("rate"))) \(plan.unit)/s"))]
            + plan.facts.map { ($0.name, .text($0.mayQuote && !maySee ? Masking.mask : $0.value)) }
            + [("Id", .component(Copied(key: operation.id.text)))]
        parts.append(Section("What it is", [Facts(facts)]))
        let links =
            (isWhole ? plan.pages : []).map { Link(HTML($0.0), to: $0.1) } + [
                Link("Its records", to: Places.audit(of: operation.id)), Link("All operations", to: "/operations"),
            ]
        parts.append(Paragraph(HTML(links.flatMap { [$0.html, " " as HTML] })))
        return HTML(parts)
    }

    private static func goOn(_ rest: LinkTarget) -> Paragraph {
        Paragraph(Link("Go on with the rest…", to: rest, isButton: true).html)
    }

    private static func stop(_ operation: Operation, _ visit: Visit) -> any Component {
        guard let words = operation.plan.stopWords else { return HTML.empty }
        guard mayStop(operation, visit) else {
            return Paragraph("Only \(operation.by), who started it, or an admin may stop it.")
        }
        guard operation.state == .running else { return Paragraph("It is being stopped. \(words)") }
        let target = LinkTarget(["operations", operation.id.text, "stop"]) ?? "/operations"
        return Form(
            target,
            token: visit.token(for: target),
            before: Paragraph(HTML(words)).html,
            button: "Stop",
            buttonLabel: "Stop: \(operation.plan.title)",
            weight: .secondary
        )
    }
}
