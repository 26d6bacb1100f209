import Foundation
import Perch
import PerchOperating
import Postgres

/// Delayed events as JSON.
struct DelayedDocument: Encodable {
    let id, service, topic, type, key, askedAt, data: String
    let version: Int
    let dueAt, traceparent: String?

    init(_ event: DelayedEvent, of service: String) {
        id = event.id.text
        self.service = service
        topic = event.topic.rawValue
        type = event.type.rawValue
        version = event.version
        key = event.key
        dueAt = event.dueAt?.description
        askedAt = event.askedAt.description
        traceparent = event.traceparent
        // As text: it may be JSON that readers understand differently.
        data = String(decoding: event.data, as: UTF8.self)
    }

    static func list(
        _ events: [(service: String, event: DelayedEvent)],
        total: Int,
        _ problems: [ServerProblem]
    ) throws -> Shown {
        struct List: Encodable {
            let events: [DelayedDocument]
            let problems: [ProblemDocument]
            let total: Int
        }
        let list = List(
            events: events.map { DelayedDocument($0.event, of: $0.service) },
            problems: problems.map(ProblemDocument.init),
            total: total
        )
        return try JSONOutput.shown(list)
    }
}
