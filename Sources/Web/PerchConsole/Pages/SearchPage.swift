import Foundation
import HTTPTypes
import PageKit
import Perch
import PerchOperating

/// `/search?q=`: leads to the page of what was typed, a key, an event id, an entry id or `group/number`; or says that nothing fits.
enum SearchPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/search", fields: ["q"]) { visit in
            let text = (visit.query["q"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else { return none("Type a key, an event id, an entry id or group/number.", [], visit) }
            if let (group, number) = failed(text, visit) {
                return .moved(to: Places.failed(group, number: number), visit)
            }
            var problems: [ServerProblem] = []
            if let place = EntryID(text) {
                let found = try await EventSearch.events(at: place, visit)
                let topics = Set(found.journeys.map(\.event.partition.topic)).sorted()
                if topics.count == 1 { return .moved(to: Places.event(place, in: topics[0]), visit) }
                if topics.count > 1 { return several(place, topics, visit) }
                problems += found.problems
            }
            // A key may look like an event id: keys are asked for first, for what they are is for their owners to say.
            let trace = try await visit.parts.readers.ask { try await EventJourneys($0).trace(key: text, limit: 1) }
            if !trace.journeys.isEmpty { return .moved(to: Places.trace(key: text), visit) }
            problems += trace.problems.filter { !problems.contains($0) }
            if let id = UUID(uuidString: text) {
                let found = try await EventSearch.event(id, visit)
                if !found.journeys.isEmpty { return .moved(to: Places.trace(event: id), visit) }
                problems += found.problems.filter { !problems.contains($0) }
            }
            return none(
                "Nothing fits \(text.prefix(256)): no key, no event id, no entry id, and no failed event of that number.",
                problems,
                visit
            )
        }
    }

    /// `accounting/17`, where there is such a group.
    private static func failed(_ text: String, _ visit: Visit) -> (GroupName, Int64)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[1]), number > 0 else { return nil }
        let group = GroupName(rawValue: String(parts[0]))
        return visit.parts.connections.groups.contains(group) ? (group, number) : nil
    }

    private static func several(_ place: EntryID, _ topics: [TopicName], _ visit: Visit) -> Answer {
        let links = topics.map {
            Paragraph(Link(HTML("\($0) \(place)" as String), to: Places.event(place, in: $0)).html)
        }
        let words = Paragraph("Several topics have an entry of this id.")
        return Answer(visit.page("Search", body: words.html + HTML(links)))
    }

    private static func none(_ words: HTML, _ problems: [ServerProblem], _ visit: Visit) -> Answer {
        Answer(
            visit.page("Search", notices: visit.notices(of: problems), body: Paragraph(words).html),
            status: problems.isEmpty ? .ok : .serviceUnavailable
        )
    }
}
