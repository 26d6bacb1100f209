import Foundation
import Perch
import PerchOperating

/// Gives a topic another number of partitions, as an operation. It may be stopped until the number is set: then the hold is taken back.
struct RepartitionRun: Sendable {
    let plan: RepartitionPlan
    let by: String
    let id: UUID
    /// The hold, each group that finishes and is told, the number, and the end of the hold.
    var steps: UInt64 {
        let groups = UInt64(clamping: plan.groups.count)
        return plan.before == plan.after ? 1 + groups : 3 + groups
    }

    func run(_ system: OperatedSystem, _ progress: OperationProgress) async throws -> OperationEnd {
        let (steps, step) = AsyncStream<RepartitionProgress>.makeStream()
        let work = Task {
            defer { step.finish() }
            // It is not cancelled: past the number there is no way back, and who cancels cannot know where that is.
            try await PartitionChanges(system).repartition(
                plan.topic,
                to: plan.after,
                by: by,
                operation: id,
                onProgress: { step.yield($0) },
                isStopped: { await progress.isStopped }
            )
        }
        var done: UInt64 = 0
        for await step in steps {
            switch step {
            case .held, .switched, .told, .letGo: done += 1
            case .draining, .waitingForPublishers: break
            }
            await progress.report(done: done, stage: words(of: step))
        }
        do {
            try await work.value
        } catch is CancellationError {
            return OperationEnd(
                words: "Stopped: the hold on \(plan.topic) was taken back, and nothing was changed.",
                isWhole: false
            )
        }
        return OperationEnd(
            words: "\(plan.topic) has \(Counted.text(plan.after, "partition")), and what is published flows again."
        )
    }

    private func words(of step: RepartitionProgress) -> String {
        switch step {
        case .held: "held: what is published waits in the outbox"
        case .draining(let groups):
            "waiting: "
                + groups.filter { !$0.isFinished }.map { $0.hindrance?.reason ?? $0.summary }.joined(separator: "; ")
        case .waitingForPublishers(let who):
            "waiting for a transaction that publishes" + (who.map { ": \($0)" } ?? "")
        case .switched(let plan): "\(plan.topic) has \(Counted.text(plan.after, "partition"))"
        case .told(let group): "\(group) has its leases"
        case .letGo: "let go: what is published flows again"
        }
    }
}
