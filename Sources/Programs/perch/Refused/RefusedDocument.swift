import Foundation
import Perch
import PerchOperating
import Postgres

/// Refused events as JSON.
struct RefusedDocument: Encodable {
    let id, service, topic, eventId, type, key, reason, refusedAt, data: String
    let partition, version: Int
    let sequence: Int64
    let time: String?

    init(_ event: RefusedEvent, of service: String) {
        id = ServiceRowID.text(service, event.id)
        self.service = service
        topic = event.topic.rawValue
        partition = event.partition.rawValue
        sequence = event.sequence
        eventId = event.eventID.uuidString.lowercased()
        type = event.type.rawValue
        version = event.version
        key = event.key
        time = event.time?.description
        reason = event.reason
        refusedAt = event.refusedAt.description
        // As text: it may be JSON that readers understand differently.
        data = String(decoding: event.data, as: UTF8.self)
    }

    static func list(
        _ events: [(service: String, event: RefusedEvent)],
        total: Int,
        _ problems: [ServerProblem]
    ) throws -> Shown {
        struct List: Encodable {
            let events: [RefusedDocument]
            let problems: [ProblemDocument]
            let total: Int
        }
        let list = List(
            events: events.map { RefusedDocument($0.event, of: $0.service) },
            problems: problems.map(ProblemDocument.init),
            total: total
        )
        return try JSONOutput.shown(list)
    }
}
