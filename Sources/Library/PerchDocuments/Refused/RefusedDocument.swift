import Foundation
import Perch
package import PerchOperating
import Times

/// Refused events as JSON.
package struct RefusedDocument: Encodable {
    let id, service, topic, eventId, type, key, reason, refusedAt, data: String
    let partition, version: Int
    let sequence: Int64
    let time: String?

    package init(_ event: RefusedEvent, of service: String) {
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
}
