import Perch
package import PerchOperating
import Times

/// Journeys as JSON.
package enum JourneysDocument {
    private struct Step: Encodable {
        let group, state: String
        let checkpoint: String?
        let error: String?
        let attempts: Int?
        let failedAt: String?
        let discardedBy, discardedAt, reason: String?
    }

    package static func text(_ journeys: [EventJourney], isCut: Bool, _ problems: [ProblemDocument]) throws -> String {
        let events = try journeys.map { journey in
            let steps = journey.steps.map {
                Step(
                    group: $0.group.rawValue,
                    state: $0.state.rawValue,
                    checkpoint: $0.checkpoint?.description,
                    error: $0.failure?.error,
                    attempts: $0.failure?.attempts,
                    failedAt: $0.failure?.at.description,
                    discardedBy: $0.discard?.by,
                    discardedAt: $0.discard?.at.description,
                    reason: $0.discard?.reason
                )
            }
            let seen = journey.event.seenIn.map(\.rawValue).sorted()
            let tail =
                #","groups":\#(try JSONOutput.text(steps, isPretty: false)),"seen_in":\#(try JSONOutput.text(seen, isPretty: false))}"#
            return try EventDocument(journey.event).line().dropLast() + tail
        }
        let noted = try JSONOutput.text(problems, isPretty: false)
        return #"{"events":[\#(events.joined(separator: ",\n"))],"is_cut":\#(isCut),"problems":\#(noted)}"#
    }
}
