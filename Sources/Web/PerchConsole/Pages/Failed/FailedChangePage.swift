import FoundationEssentials
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// `/failed/retry` and `/failed/discard`: what would be done, and the button that does it.
enum FailedChangePage {
    static func add(to routes: inout ConsoleRoutes) {
        for action in [FailedAction.retry, .discard] {
            routes.page("/failed/\(action.rawValue)", action.right, fields: FailedQuery.fields + ["ticked"]) {
                visit in
                let query = try visit.failedQuery().pinned(at: visit.clock.now)
                guard visit.query["ticked"] == nil || !query.ids.isEmpty else {
                    return Answer(nothingTicked(action, visit), status: .unprocessableContent)
                }
                let run = try await visit.parts.readers.ask {
                    try await FailedDryRun(action, query, bounds: nil, in: $0)
                }
                return Answer(FailedConfirmation(run: run, visit: visit).page)
            }
            routes.form("/failed/\(action.rawValue)", action.right) { visit, fields in
                try await act(action, visit, fields)
            }
        }
    }

    /// That nothing was ticked never means everything.
    private static func nothingTicked(_ action: FailedAction, _ visit: Visit) -> Page {
        visit.page(
            "\(action.verb) events",
            body: Paragraph(
                "Nothing was ticked, so there is nothing to \(action.rawValue). \(Link("To the list", to: "/failed"))"
            )
            .html
        )
    }

    private static func act(_ action: FailedAction, _ visit: Visit, _ fields: FormFields) async throws -> Outcome {
        guard let id = fields["form"].flatMap({ UUID(uuidString: $0) }) else {
            throw HTTPError(.badRequest, message: "This form is not whole. Load its page again.")
        }
        return try await visit.beginning(id) { try await begin(action, id, visit, fields) }
    }

    private static func begin(
        _ action: FailedAction,
        _ id: UUID,
        _ visit: Visit,
        _ fields: FormFields
    ) async throws -> Outcome {
        let query = try FailedQuery(fields, visit.parts.connections)
        let bounds = try FailedBounds(fields)
        let run = try await visit.parts.readers.ask {
            try await FailedDryRun(action, query, bounds: bounds.marks, in: $0)
        }
        guard run.count > 0, run.isWithin(bounds), run.problems.isEmpty else {
            let now = try await visit.parts.readers.ask { try await FailedDryRun(action, query, bounds: nil, in: $0) }
            var anew = FailedConfirmation(run: now, visit: visit)
            anew.isAnew = true
            return .page(anew.page, .conflict)
        }
        let reason = (fields["reason"] ?? "").trimmed
        if action == .discard {
            let confirmed = bounds.total
            if let again = refusal(of: run, confirmed, reason: reason, fields, visit, id) {
                return .page(again, .unprocessableContent)
            }
        }
        let change = FailedBulk(
            action: action,
            parts: run.parts,
            reason: reason,
            by: visit.viewer.signature,
            operation: id
        )
        let connections = visit.parts.connections
        try await visit.parts.operations.startOrRefuse(plan(run, reason: reason), id: id, by: visit.viewer.signature) {
            progress in
            try await change.run(OperatedSystem(connections), progress)
        }
        return .done(Places.operation(id))
    }

    /// The same page with what is wrong; nil: nothing is.
    private static func refusal(
        of run: FailedDryRun,
        _ confirmed: Int,
        reason: String,
        _ fields: FormFields,
        _ visit: Visit,
        _ id: UUID
    ) -> Page? {
        var again = FailedConfirmation(run: run, visit: visit, id: id)
        (again.reason, again.number) = (reason, fields["number"] ?? "")
        if reason.isEmpty { again.reasonError = "Say why, for those who ask later." }
        if reason.count > 500 { again.reasonError = "A reason may have 500 characters; this one has \(reason.count)." }
        if reason.utf8.contains(0) { again.reasonError = "The reason has a character of no text." }
        let digits = again.number.filter { $0 != "," && $0 != " " }
        if confirmed > 1, Int(digits) != confirmed {
            again.numberError = "The number is \(NumberText.count(run.count)): type it, if these are to be discarded."
        }
        return again.reasonError == nil && again.numberError == nil ? nil : again.page
    }

    private static func plan(_ run: FailedDryRun, reason: String) -> OperationPlan {
        let action = run.action
        var facts = run.query.words.map { words in
            OperationPlan.Fact(
                name: words.name,
                value: words.value,
                mayQuote: FailedQuery.quotingFields.contains(words.field)
            )
        }
        if facts.isEmpty { facts = [.init(name: "Chosen", value: "all that had failed")] }
        facts.append(.init(name: "Events", value: "\(FailedWords.sum(run.counts)), counted before it began"))
        if action == .discard { facts.append(.init(name: "Reason", value: reason, mayQuote: true)) }
        return OperationPlan(
            title: "\(action.verb) \(Counted.text(run.count, "event"))",
            facts: facts,
            total: UInt64(clamping: run.count),
            stopWords:
                "Stop after the 1,000 at hand; what was \(action.done) stays so, and the same filter goes on with the rest.",
            rest: run.query.target("failed", action.rawValue),
            pages: [("What is left of these", run.query.target("failed"))]
        )
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
