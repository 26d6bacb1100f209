import Foundation
import HTTPTypes
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import StrictJSON
import Times

/// `/topics/T/events/ID`: one event with its envelope, its data and its way. ID is an entry id or an event id.
enum OneEventPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/topics/{topic}/events/{id}") { visit in
            let topic = try visit.topic()
            let text = visit.parameter("id")
            let found = try await find(text, in: topic, visit)
            guard !found.journeys.isEmpty else { return missing(text, topic, found.problems, visit) }
            // Of the data as it is: a mask is no value that the contract knows.
            let verdicts = found.journeys.map { verdict($0.event.envelope, topic, visit) }
            let journeys = visit.shown(found.journeys)
            let failed = await failures(of: journeys, visit)
            var parts: [any Component] = []
            for (journey, verdict) in zip(journeys, verdicts) {
                parts += self.parts(journey, verdict, failed[journey.event.envelope.id] ?? [], visit)
            }
            return Answer(
                visit.page(
                    "Event \(text)",
                    notices: visit.notices(of: found.problems),
                    command: "perch show \(topic.name) \(text)",
                    body: HTML(parts)
                )
            ) { try JourneysDocument.text(journeys, isCut: false, visit.parts.documents(of: found.problems)) }
        }
    }

    private static func find(
        _ text: String,
        in topic: TopicContract,
        _ visit: Visit
    ) async throws -> (journeys: [EventJourney], problems: [ServerProblem]) {
        if let place = EntryID(text) {
            return try await visit.parts.readers.ask { try await EventJourneys($0).events(at: place, in: topic) }
        }
        guard let id = UUID(uuidString: text) else { return ([], []) }
        return try await visit.parts.readers.ask { try await EventJourneys($0).event(id, in: topic) }
    }

    private static func missing(
        _ text: String,
        _ topic: TopicContract,
        _ problems: [ServerProblem],
        _ visit: Visit
    ) -> Answer {
        let isID = EntryID(text) != nil || UUID(uuidString: text) != nil
        let words: HTML =
            isID
            ? "\(topic.name.rawValue) has no event \(text): neither in its streams nor in its owner's log."
            : "An event has an entry id, such as 1763836200123-42, or an event id, which is a UUID; found \(text)."
        let page = visit.page(
            "No such event",
            notices: visit.notices(of: problems),
            body:
                "\(Paragraph(words))\(Paragraph(Link("Events of \(topic.name.rawValue)", to: Places.events(of: topic.name)).html))"
        )
        return Answer(page, status: problems.isEmpty ? .notFound : .serviceUnavailable)
    }

    // MARK: What is shown

    private static func parts(
        _ journey: EventJourney,
        _ verdict: HTML,
        _ failed: [(group: GroupName, event: FailedEvent)],
        _ visit: Visit
    ) -> [any Component] {
        let event = journey.event
        let data = EventData.laidOut(event.envelope.data)
        var parts: [any Component] = [
            facts(event, visit), verdict,
            // Two partitions may have an entry of one id: both events are on the page.
            Section("Data", [Code("Data of the event of \(event.partition)", data)]),
            Section("Journey", [Timeline(JourneySteps(visit: visit).steps(of: journey))]),
        ]
        if !failed.isEmpty { parts.append(Section("Where it failed", [table(failed, of: event.partition, visit)])) }
        return parts
    }

    private static func facts(_ event: FoundEvent, _ visit: Visit) -> Facts {
        let envelope = event.envelope
        var facts: [(String, CellValue)] = [
            ("Event", .text("\(envelope.type)/\(envelope.version)")),
            ("Event id", .component(Copied(key: envelope.id.text))),
            (
                "Key",
                .html("\(Copied(key: envelope.subject)) \(Link("Trace", to: Places.trace(key: envelope.subject)))")
            ),
            ("Source", .text(envelope.source)),
            ("Happened", .component(TimeText(envelope.time, visit.clock, isExact: true))),
            ("Partition", .component(Link(HTML(event.partition.description), to: Places.partition(event.partition)))),
        ]
        if let id = event.entryID {
            let command =
                "redis-cli XRANGE \(ShellWord.quoted(visit.parts.connections.naming.key(event.partition))) \(id) \(id)"
            facts += [
                ("Entry id", .component(Copied(key: "\(id)"))), ("In Redis", .component(Copied(command: command))),
            ]
        }
        if let trace = envelope.traceparent { facts.append(("Trace context", .component(Copied(key: trace)))) }
        return Facts(facts)
    }

    private static func verdict(_ envelope: Envelope, _ topic: TopicContract, _ visit: Visit) -> HTML {
        guard let known = topic.event(envelope.type) else {
            return Notice("Not in the contract", "\(topic.name.rawValue) has no event \(envelope.type.rawValue).").html
        }
        guard known.versions.contains(where: { $0.number == envelope.version }) else {
            let version = known.version(envelope.version)?.number ?? 1
            return Notice(
                "A version that the contract does not have",
                "It is read as \(envelope.type.rawValue)/\("\(version)" as String)."
            ).html
        }
        let violations = Contract(topics: [topic])
            .validate(envelope.data, type: envelope.type, version: envelope.version)
        guard !violations.isEmpty else { return Paragraph("Its data is as the contract says.").html }
        let words = violations.prefix(20).map { visit.may(.seeData) ? $0.description : $0.publicDescription }
        return Notice("Not as the contract says", HTML(words.joined(separator: "; "))).html
    }

    // MARK: Failed rows

    private static func failures(
        of journeys: [EventJourney],
        _ visit: Visit
    ) async -> [UUID: [(group: GroupName, event: FailedEvent)]] {
        var found: [UUID: [(group: GroupName, event: FailedEvent)]] = [:]
        for journey in journeys {
            for step in journey.steps where step.failure != nil {
                let event = journey.event
                var filter = FailedEvents.Filter()
                filter.key = event.envelope.subject
                filter.topic = event.partition.topic
                filter.partition = event.partition.number
                let rows = try? await visit.parts.readers.ask { [filter] system in
                    try await FailedEvents(system, of: step.group).list(filter: filter, limit: 200)
                }
                for row in visit.shown(rows ?? []) where row.delivery.envelope.id == event.envelope.id {
                    found[event.envelope.id, default: []].append((step.group, row))
                }
            }
        }
        return found
    }

    private static func table(
        _ failed: [(group: GroupName, event: FailedEvent)],
        of partition: Partition,
        _ visit: Visit
    ) -> DataTable {
        DataTable(
            id: "failed-\(partition.number)",
            caption: "Where the event of \(partition) failed",
            isCaptionHidden: true,
            columns: [
                .init("Id"), .init("State"), .init("Attempts", isNumber: true), .init("Failed"), .init("Next"),
                .init("Error"),
            ],
            rows: failed.map { group, event in
                let link = Link(HTML("\(group)/\(event.id)" as String), to: Places.failed(group, number: event.id))
                return [
                    .init(.component(link)), .init(.text(event.state.rawValue)), .init(.count(event.attempts)),
                    .init(.component(TimeText(event.failedAt, visit.clock))),
                    .init(event.nextAttempt.map { .component(TimeText($0, visit.clock)) } ?? .none),
                    .init(event.error.isEmpty ? .none : .text(event.error.prefix(500))),
                ]
            }
        )
    }
}
