import FoundationEssentials
import PageKit
import PerchOperating

/// Retries or discards what was counted, as an operation.
struct FailedBulk: Sendable {
    let action: FailedAction
    let parts: [FailedDryRun.Part]
    let reason: String
    let by: String
    let operation: UUID

    private var total: Int { parts.reduce(0) { $0 + $1.count } }

    func run(_ system: OperatedSystem, _ progress: OperationProgress) async throws -> OperationEnd {
        let counted = parts.map {
            FailedChange.Part(group: $0.group, counts: $0.counts, filter: $0.filter, in: system)
        }
        let change = FailedChange(action == .retry ? .retry : .discard(reason: reason), counted)
        let outcome = try await change.run(by: by, operation: operation, isStopped: { await progress.isStopped }) {
            step in
            await progress.report(done: UInt64(clamping: step.changed), stage: "\(step.group)")
        }
        return outcome.isStopped ? stopped(outcome.count) : OperationEnd(words: ending(outcome.count))
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
