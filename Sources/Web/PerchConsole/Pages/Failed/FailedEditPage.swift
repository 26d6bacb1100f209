import FoundationEssentials
import HTTPKit
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Postgres

/// `/failed/GROUP/NUMBER/edit`: what would be right? The data can be changed, is checked against the contract, and is tried then.
enum FailedEditPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/failed/{group}/{number}/edit", .editFailed) { visit in
            let (group, id) = (try visit.group(), try FailedEventPage.number(visit))
            let event = try await visit.parts.readers.ask { try await FailedEvents($0, of: group).event(id: id) }
            guard let event else { return FailedEventPage.gone(group, id, visit) }
            return Answer(FailedDraft(event, group, data: event.delivery.envelope.data).page(visit))
        }
        routes.form("/failed/{group}/{number}/edit", .editFailed) { visit, fields in
            try await checked(visit, data: fields["data"].map(bytes) ?? [], fields)
        }
        routes.form("/failed/{group}/{number}/correct", .editFailed) { visit, fields in
            try await corrected(visit, fields)
        }
    }

    /// What was typed. A browser sends each line break as two characters.
    private static func bytes(_ text: String) -> [UInt8] { Array(text.replacing("\r\n", with: "\n").utf8) }

    /// Says what the contract says, and what is another. Nothing is changed.
    private static func checked(_ visit: Visit, data: [UInt8], _ fields: FormFields) async throws -> Outcome {
        let (group, id) = (try visit.group(), try FailedEventPage.number(visit))
        let event = try await visit.parts.readers.ask { try await FailedEvents($0, of: group).event(id: id) }
        guard let event else { return gone(group, id, visit) }
        var draft = FailedDraft(event, group, data: data)
        draft.isChecked = true
        if let seen = fields["revision"], seen != event.revision.rawValue {
            draft.hasChanged = true
            return .page(draft.page(visit), .conflict)
        }
        let verdict = draft.problems(visit)
        return .page(draft.page(visit), verdict.isEmpty ? .ok : .unprocessableContent)
    }

    /// Retries the event with what was checked. Sent again it leads to the same operation.
    private static func corrected(_ visit: Visit, _ fields: FormFields) async throws -> Outcome {
        let (group, id) = (try visit.group(), try FailedEventPage.number(visit))
        guard let form = fields["form"].flatMap({ UUID(uuidString: $0) }), let revision = fields["revision"],
            let data = fields["data"].flatMap({ Base64URL.decode($0) })
        else { throw HTTPError(.badRequest, message: "This form is not whole. Load its page again.") }
        let outcome = try await visit.beginning(form) {
            try await begin(form, group, id, data: data, FailedEvent.Revision(rawValue: revision), visit)
        }
        guard case .done = outcome else { return outcome }
        // It takes a moment: whoever pressed twice waits for the same one.
        guard let ended = await visit.parts.operations.ended(form), ended.state == .stopped else { return outcome }
        return try await checked(visit, data: data, fields)
    }

    private static func begin(
        _ form: UUID,
        _ group: GroupName,
        _ id: FailedEvent.ID,
        data: [UInt8],
        _ revision: FailedEvent.Revision,
        _ visit: Visit
    ) async throws -> Outcome {
        let event = try await visit.parts.readers.ask { try await FailedEvents($0, of: group).event(id: id) }
        guard let event else { return gone(group, id, visit) }
        var draft = FailedDraft(event, group, data: data)
        draft.isChecked = true
        guard event.revision == revision else {
            draft.hasChanged = true
            return .page(draft.page(visit), .conflict)
        }
        guard draft.problems(visit).isEmpty else { return .page(draft.page(visit), .unprocessableContent) }
        let (connections, by) = (visit.parts.connections, visit.viewer.signature)
        try await visit.parts.operations.startOrRefuse(plan(event, group), id: form, by: by) { progress in
            let correction = try await FailedEvents(OperatedSystem(connections), of: group).retry(
                id: id,
                payload: data,
                by: by,
                operation: form,
                ifRevision: revision
            )
            return try await end(correction, event, group, progress)
        }
        return .done(Places.operation(form))
    }

    private static func plan(_ event: FailedEvent, _ group: GroupName) -> OperationPlan {
        let name = "\(group)/\(event.id)"
        return OperationPlan(
            title: "Retry \(name) with other data",
            facts: [
                .init(name: "Event", value: name),
                .init(name: "Type", value: "\(event.delivery.type)/\(event.delivery.version)"),
                .init(name: "Key", value: event.delivery.subject),
            ],
            total: 1,
            pages: [(name, Places.failed(group, number: event.id))]
        )
    }

    private static func end(
        _ correction: FailedEvents.Correction,
        _ event: FailedEvent,
        _ group: GroupName,
        _ progress: OperationProgress
    ) async throws -> OperationEnd {
        let name = "\(group)/\(event.id)"
        switch correction {
        case .done:
            await progress.report(done: 1)
            let time = event.state == .held ? "when the events before it have taken effect" : "now"
            return OperationEnd(words: "\(name) is due \(time), with the corrected data; the original is kept.")
        case .gone:
            return OperationEnd(words: "Nothing was done: \(name) does not lie there any more.", isWhole: false)
        case .changed:
            return OperationEnd(words: "Nothing was done: \(name) had changed meanwhile.", isWhole: false)
        }
    }

    private static func gone(_ group: GroupName, _ id: FailedEvent.ID, _ visit: Visit) -> Outcome {
        .page(FailedEventPage.gone(group, id, visit).page, .conflict)
    }
}
