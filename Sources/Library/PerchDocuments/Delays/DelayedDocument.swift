import Perch
package import PerchOperating
import Times

/// Delayed events as JSON.
package struct DelayedDocument: Encodable {
    let id, service, topic, type, key, askedAt, data: String
    let version: Int
    let dueAt, traceparent: String?

    package init(_ event: DelayedEvent, of service: String) {
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
}
