import Perch
import PerchOperating

/// What a replay would do, by a plan that was made now.
struct ReplayDryRun: Sendable {
    /// Events that are read again; partitions, where owners start again.
    let count: Int64
    /// The newest record of such a change to the group.
    let mark: String
    /// Nil where owners start again at their checkpoints: that has no plan.
    let shown: ReplayPlans.Shown?

    /// - Throws: `OperationRefused`, `ServerProblem`
    static func of(
        _ question: ReplayQuestion,
        _ group: GroupName,
        _ topic: TopicName,
        in system: OperatedSystem
    ) async throws -> Self {
        let replays = Replays(system)
        if let selection = question.selection {
            // First the mark: who changes something after it is seen.
            let mark = try await ChangeMark.of("replay selected", group, in: system)
            let plan = try await replays.plan(group, topic, selecting: selection)
            return Self(count: plan.events, mark: mark, shown: .init(plan: .chosen(plan), mark: mark))
        }
        guard question.what == .from, let from = question.from else {
            let mark = try await ChangeMark.of("replay pending", group, in: system)
            let all = try await Pauses(system).paused(group, topic).all
            return Self(count: Int64(all), mark: mark, shown: nil)
        }
        let mark = try await ChangeMark.of("replay", group, in: system)
        let plan = try await replays.plan(group, topic, from: from, only: question.partition)
        return Self(count: plan.events, mark: mark, shown: .init(plan: .back(plan), mark: mark))
    }
}
