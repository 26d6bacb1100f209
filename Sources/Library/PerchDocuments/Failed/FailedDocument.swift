package import Perch
package import PerchOperating
import Times

/// A failed event as JSON.
package enum FailedDocument {
    private struct Head: Encodable {
        let id, group, state, error, revision: String
        let attempts, waits: Int
        let failedAt: String
        let lastAttemptAt, nextAttemptAt: String?
    }

    /// In one line.
    package static func line(_ event: FailedEvent, of group: GroupName) throws -> String {
        let head = Head(
            id: FailedID.text(group, event.id),
            group: group.rawValue,
            state: event.state.rawValue,
            error: event.error,
            revision: event.revision.rawValue,
            attempts: event.attempts,
            waits: event.waits,
            failedAt: event.failedAt.description,
            lastAttemptAt: event.lastAttempt?.description,
            nextAttemptAt: event.nextAttempt?.description
        )
        let entry = try EventDocument(event.delivery).line()
        let original = try event.originalData.map { ",\"original_data\":\(try EventDocument.value($0))" } ?? ""
        let failure = try JSONOutput.text(head, isPretty: false)
        return "\(failure.dropLast()),\"event\":\(entry)\(original)}"
    }
}
