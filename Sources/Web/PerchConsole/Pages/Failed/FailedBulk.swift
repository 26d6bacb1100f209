import FoundationEssentials
import PageKit
import PerchOperating

/// Retries or discards what was counted, a thousand in a transaction, until it is stopped.
struct FailedBulk: Sendable {
    /// The most events in a transaction.
    private static let page = 1000

    let action: FailedAction
    let parts: [FailedDryRun.Part]
    let reason: String
    let by: String
    let operation: UUID

    private var total: Int { parts.reduce(0) { $0 + $1.count } }

    func run(_ system: OperatedSystem, _ progress: OperationProgress) async throws -> OperationEnd {
        var done = 0
        for part in parts {
            let failed = FailedEvents(system, of: part.group)
            var after: FailedEvent.ID?
            repeat {
                if await progress.isStopped { return stopped(done) }
                let changed = try await change(part, failed, after)
                done += changed.count
                after = changed.count == Self.page ? changed.last : nil
                await progress.report(done: UInt64(clamping: done), stage: "\(part.group)")
            } while after != nil
        }
        return OperationEnd(words: ending(done))
    }

    private func change(
        _ part: FailedDryRun.Part,
        _ failed: FailedEvents,
        _ after: FailedEvent.ID?
    ) async throws -> FailedEvents.Changed {
        switch action {
        case .retry:
            try await failed.retry(filter: part.filter, by: by, operation: operation, limit: Self.page, after: after)
        case .discard:
            try await failed.discard(
                filter: part.filter,
                reason: reason,
                by: by,
                operation: operation,
                limit: Self.page,
                after: after
            )
        }
    }

    private func stopped(_ done: Int) -> OperationEnd {
        OperationEnd(
            words:
                "Stopped: \(NumberText.count(done)) of \(NumberText.count(total)) are \(action.done) and stay so; the same filter goes on.",
            isWhole: false
        )
    }

    private func ending(_ done: Int) -> String {
        let rest = total - done
        let events = Counted.text(done, "event")
        switch action {
        case .retry:
            let others = rest > 0 ? "; \(NumberText.count(rest)) were due already, or gone" : ""
            return "\(events) due now\(others)."
        case .discard:
            let others = rest > 0 ? "; \(NumberText.count(rest)) were gone already" : ""
            return "\(events) discarded\(others); what they held goes on."
        }
    }
}
