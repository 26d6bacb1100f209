package import Perch
package import PerchOperating
import StrictJSON
import Times

/// An event as JSON.
package struct EventDocument {
    let partition: Partition
    let entryID: EntryID?
    let envelope: Envelope?

    package init(_ entry: TopicTail.Entry) {
        (partition, entryID, envelope) = (entry.partition, entry.id, entry.envelope)
    }

    package init(_ event: FoundEvent) {
        (partition, entryID, envelope) = (event.partition, event.entryID, event.envelope)
    }

    package init(_ event: Delivery) {
        (partition, entryID, envelope) = (event.partition, event.entryID, event.envelope)
    }

    /// Data as the value of a member, in one line: its numbers and strings as they were published; what is no JSON, as a
    /// string.
    package static func value(_ data: [UInt8]) throws -> String {
        guard (try? JSONDocument(data)) != nil else {
            return try JSONOutput.text(TerminalText.decoded(data), isPretty: false)
        }
        return String(decoding: CompactJSON.bytes(data), as: UTF8.self)
    }

    /// In one line.
    package func line() throws -> String {
        struct Head: Encodable {
            let partition: String
            let entryId, id, source, type, subject, time, traceparent: String?
            let version: Int?
        }
        let head = try JSONOutput.text(
            Head(
                partition: partition.description,
                entryId: entryID?.description,
                id: envelope?.id.text,
                source: envelope?.source,
                type: envelope?.type.rawValue,
                subject: envelope?.subject,
                time: envelope?.time.description,
                traceparent: envelope?.traceparent,
                version: envelope?.version
            ),
            isPretty: false
        )
        guard let envelope else { return head }
        return "{\"data\":\(try Self.value(envelope.data)),\(head.dropFirst())"
    }
}
