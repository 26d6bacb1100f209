import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import StrictJSON

/// `/trace?key=` and `/trace?event=`: where is it, and who has it not?
enum TracePage {
    /// The most events of a key, of each topic.
    private static let most = 25

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/trace", fields: ["key", "event"]) { visit in
            if let key = visit.query["key"], !key.isEmpty { return try await trace(key: key, visit) }
            if let event = visit.query["event"], !event.isEmpty { return try await trace(event: event, visit) }
            let words = Paragraph(
                "A trace follows a key through all topics and groups: where each of its events is, and what each group made of it."
            )
            return Answer(visit.page("Trace", command: "perch trace KEY", body: form(visit).html + words.html))
        }
    }

    private static func trace(key: String, _ visit: Visit) async throws -> Answer {
        let trace = visit.shown(
            try await visit.parts.readers.ask { system in
                try await EventJourneys(system).trace(key: key, limit: most)
            }
        )
        let count = trace.journeys.count
        let words: HTML = """
            \(count) \(count == 1 ? "event" : "events") of the key \(Copied(key: key)), oldest first. \
            The newest 250,000 events of its partitions were looked at.
            """
        let cut = Notice("Older events were not looked at", "At most \(most) of each topic are shown.", .info)
        return answer(
            "Trace of \(key.prefix(64))",
            trace.journeys,
            words,
            notices: (trace.isCut ? [cut] : []) + visit.notices(of: trace.problems),
            isCut: trace.isCut,
            trace.problems,
            command: "perch trace \(ShellWord.quoted(key))",
            visit
        )
    }

    private static func trace(event text: String, _ visit: Visit) async throws -> Answer {
        guard let id = UUID(uuidString: text) else {
            throw HTTPError(.badRequest, message: "An event id is a UUID; found “\(VisibleText.of(text.prefix(64)))”.")
        }
        let found = try await EventSearch.event(id, visit)
        let words: HTML = "The event \(Copied(key: id.text)), in each place where it is."
        return answer(
            "Trace of event \(id.text.prefix(8))",
            found.journeys,
            words,
            notices: visit.notices(of: found.problems),
            isCut: false,
            found.problems,
            command: found.journeys.first.map { "perch show \($0.event.partition.topic) \(id.text)" },
            visit
        )
    }

    private static func answer(
        _ heading: String,
        _ journeys: [EventJourney],
        _ words: HTML,
        notices: [Notice],
        isCut: Bool,
        _ problems: [ServerProblem],
        command: String?,
        _ visit: Visit
    ) -> Answer {
        guard !journeys.isEmpty else {
            let none: HTML =
                problems.isEmpty
                ? "There is none in any topic: it was never published, or no longer kept."
                : "What did tell knows of none."
            let page = visit.page(
                heading,
                notices: notices,
                command: command,
                body: form(visit).html + Paragraph(none).html
            )
            return Answer(page, status: problems.isEmpty ? .notFound : .serviceUnavailable)
        }
        let steps = journeys.flatMap { JourneySteps(visit: visit).steps(of: $0, detail: detail(of: $0.event, visit)) }
        return Answer(
            visit.page(
                heading,
                notices: notices,
                command: command,
                body: form(visit).html + Paragraph(words).html + Timeline(steps).html
            )
        ) { try JourneysDocument.text(journeys, isCut: isCut, visit.parts.documents(of: problems)) }
    }

    private static func detail(of event: FoundEvent, _ visit: Visit) -> HTML {
        let envelope = event.envelope
        var facts: [(String, CellValue)] = [
            ("Event id", .component(Copied(key: envelope.id.text))),
            ("Key", .component(Copied(key: envelope.subject))),
        ]
        // The second part of a trace context names the trace.
        if let trace = envelope.traceparent?.split(separator: "-").dropFirst().first {
            facts.append(("Trace id", .component(Copied(key: String(trace)))))
        }
        let label = "Data of \(envelope.type) \(envelope.id.text.prefix(8))"
        return Facts(facts).html + Code(label, EventData.laidOut(envelope.data)).html
    }

    private static func form(_ visit: Visit) -> FilterBar {
        FilterBar(
            "A key",
            "/trace",
            fields: [FormField("key", "Key", .search, value: visit.query["key"] ?? "")],
            button: "Trace"
        )
    }
}
