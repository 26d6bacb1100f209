import Perch
import PerchOperating
import Postgres

/// Failed events as JSON.
enum FailedDocument {
    struct Sum: Encodable {
        let group: String
        let failed, held, dead: Int

        init(group: String, _ counts: [FailedEvent.State: Int]) {
            self.group = group
            (failed, held, dead) = (counts[.failed] ?? 0, counts[.held] ?? 0, counts[.dead] ?? 0)
        }
    }

    private struct Head: Encodable {
        let id, group, state, error, revision: String
        let attempts, waits: Int
        let failedAt: String
        let lastAttemptAt, nextAttemptAt: String?
    }

    /// In one line.
    static func line(_ event: FailedEvent, of group: GroupName) throws -> String {
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
