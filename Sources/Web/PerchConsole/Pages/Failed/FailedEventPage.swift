import FoundationEssentials
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/failed/GROUP/NUMBER`: one event, why it failed, and what waits behind it.
enum FailedEventPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/failed/{group}/{number}") { visit in
            let (group, id) = (try visit.group(), try number(visit))
            let found = try await visit.parts.readers.ask { try await Found(group, id, in: $0) }
            guard let found = found.map(visit.shown) else { return gone(group, id, visit) }
            var page = visit.page(
                "\(group)/\(id)",
                command: "perch failed show \(group)/\(id)",
                body: body(found, group, visit)
            )
            page.asOf = AsOf(visit.clock.now, visit.clock, again: visit.address())
            return Answer(page) { try FailedDocument.line(found.event, of: group) }
        }
    }

    /// - Throws: 404 where it is no number.
    static func number(_ visit: Visit) throws -> FailedEvent.ID {
        let text = visit.parameter("number")
        guard let id = Int64(text), id > 0 else {
            throw HTTPError(.notFound, message: "“\(VisibleText.of(text.prefix(50)))” is no number of a failed event.")
        }
        return id
    }

    static func gone(_ group: GroupName, _ id: FailedEvent.ID, _ visit: Visit) -> Answer {
        let audit = Places.audit("failed event \(id)", of: group)
        let words: HTML =
            "\(FailedWords.gone(group, id)) See \(Link("the audit", to: audit)), or \(Link("what failed", to: "/failed"))."
        return Answer(visit.page("\(group)/\(id)", body: Paragraph(words).html), status: .notFound)
    }

    private struct Found: Maskable {
        private(set) var event: FailedEvent
        let place: FailedEvents.KeyPlace
        private(set) var ofKey: [FailedEvent]
        private var journey: EventJourney?
        let touches: [AuditRecord]

        init?(_ group: GroupName, _ id: FailedEvent.ID, in system: OperatedSystem) async throws {
            let failed = FailedEvents(system, of: group)
            guard let event = try await failed.event(id: id) else { return nil }
            let delivery = event.delivery
            var sameKey = FailedEvents.Filter()
            (sameKey.topic, sameKey.partition) = (delivery.topic, delivery.partition.number)
            sameKey.key = delivery.subject
            (self.event, place) = (event, try await failed.place(of: event))
            ofKey = try await failed.list(filter: sameKey, limit: 20)
            // What other servers do not tell is left out: the event is what was asked for.
            let topic = system.connections.contract.topic(delivery.topic)
            var journeys: [EventJourney] = []
            if let topic, let found = try? await EventJourneys(system).events(at: delivery.entryID, in: topic) {
                journeys = found.journeys
            }
            journey = journeys.first { $0.event.envelope.id == delivery.id }
            var filter = AuditTrail.Filter()
            (filter.group, filter.text) = (group, delivery.id.text)
            touches = (try? await AuditTrail(system).records(filter: filter, limit: 10).records) ?? []
        }

        var steps: [EventJourney.Step] { journey?.steps ?? [] }

        func masked(in contract: Contract) -> Found {
            var shown = self
            shown.event = event.masked(in: contract)
            shown.ofKey = ofKey.masked(in: contract)
            shown.journey = journey?.masked(in: contract)
            return shown
        }
    }

    private static func body(_ found: Found, _ group: GroupName, _ visit: Visit) -> HTML {
        let (event, delivery) = (found.event, found.event.delivery)
        var parts: [any Component] = [actions(event, group, visit), facts(found, group, visit)]
        if !event.error.isEmpty { parts.append(Section("Last error", [Code("Last error", event.error)])) }
        let data = EventData.laidOut(delivery.envelope.data)
        parts.append(Section("Data", [Code("Data of the event", data)]))
        if let original = event.originalData {
            let shown = EventData.laidOut(original)
            parts.append(Section("Data as it was delivered", [Code("Data as it was delivered", shown)]))
        }
        if found.ofKey.count > 1 { parts.append(Section("Of the same key", [keyTable(found, group, visit)])) }
        parts.append(Section("In the groups", [journey(found)]))
        if !found.touches.isEmpty { parts.append(Section("Who touched it", [touches(found, visit)])) }
        return HTML(parts)
    }

    private static func actions(_ event: FailedEvent, _ group: GroupName, _ visit: Visit) -> HTML {
        let query: [(String, String?)] = [("id", "\(group)/\(event.id)")]
        var parts: [any Component] = []
        func offer(_ words: HTML, _ right: Right, _ target: LinkTarget?) {
            if visit.may(right), let target {
                parts.append(Link(words, to: target, isButton: true))
            } else {
                parts.append(HTML(right.missing))
            }
        }
        if event.state != .held { offer("Retry…", .retryFailed, LinkTarget(["failed", "retry"], query: query)) }
        offer("Edit and retry…", .editFailed, Places.failed(group, number: event.id, "edit"))
        offer("Discard…", .discardFailed, LinkTarget(["failed", "discard"], query: query))
        return Paragraph(HTML(parts.flatMap { [$0.html, " " as HTML] })).html
    }

    private static func facts(_ found: Found, _ group: GroupName, _ visit: Visit) -> HTML {
        let (event, delivery) = (found.event, found.event.delivery)
        let key = Places.trace(key: delivery.subject)
        let trace = Places.trace(event: delivery.id)
        let time: (Timestamp?) -> CellValue = { $0.map { .component(TimeText($0, visit.clock)) } ?? .none }
        return Facts([
            ("State", .component(FailedWords.badge(event.state))), ("Place", .html(place(found, group))),
            ("Type", .text("\(delivery.type)/\(delivery.version)")),
            ("Key", .html("\(Copied(key: delivery.subject)) \(Link("Trace it", to: key))")),
            ("Event", .html("\(Copied(key: delivery.id.text)) \(Link("Trace it", to: trace))")),
            ("Partition", .text("\(delivery.partition)")), ("Entry", .component(Copied(key: "\(delivery.entryID)"))),
            ("Happened", .component(TimeText(delivery.time, visit.clock))),
            ("Attempts", .count(event.attempts)), ("Waits for what it needs", .count(event.waits)),
            ("Failed", time(event.failedAt)), ("Last attempt", time(event.lastAttempt)),
            ("Next attempt", time(event.nextAttempt)), ("Revision", .text(event.revision.rawValue)),
        ]).html
    }

    private static func place(_ found: Found, _ group: GroupName) -> HTML {
        let behind = found.place.behind
        let waiting: HTML =
            behind == 0 ? "nothing waits behind it" : "\(behind) \(behind == 1 ? "waits" : "wait") behind it"
        guard let first = found.place.first else { return "the first of its key; \(waiting)" }
        return "behind \(FailedWords.link(group, first)), and follows it by itself; \(waiting)"
    }

    private static func keyTable(_ found: Found, _ group: GroupName, _ visit: Visit) -> DataTable {
        DataTable(
            id: "key",
            caption: "Of the same key",
            isCaptionHidden: true,
            columns: [.init("Event"), .init("State"), .init("Type"), .init("Failed")],
            rows: found.ofKey.map { event in
                [
                    .init(.component(FailedWords.link(group, event.id))),
                    .init(.component(FailedWords.badge(event.state))),
                    .init(.text("\(event.delivery.type)/\(event.delivery.version)")),
                    .init(.component(TimeText(event.failedAt, visit.clock))),
                ]
            }
        )
    }

    private static func journey(_ found: Found) -> HTML {
        guard !found.steps.isEmpty else { return Paragraph("What the groups made of it is not known.").html }
        return Facts(found.steps.map { ($0.group.rawValue, .text($0.state.rawValue)) }).html
    }

    private static func touches(_ found: Found, _ visit: Visit) -> DataTable {
        DataTable(
            id: "touches",
            caption: "Who touched it",
            isCaptionHidden: true,
            columns: [.init("Time"), .init("Who"), .init("Action")],
            rows: found.touches.map { record in
                [
                    .init(.component(TimeText(record.at, visit.clock))), .init(.text(record.by)),
                    .init(.text(record.action)),
                ]
            }
        )
    }
}
