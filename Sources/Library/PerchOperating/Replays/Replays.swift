public import FoundationEssentials
public import Perch

/// Lets a group handle events again: from a place on, some of them, or from its checkpoints.
///
/// A change and its record in `perch.operations` commit together, in the database of the group.
public struct Replays: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Fences off the owners of a group's partitions, so that they start again at their checkpoints. It changes no effect and is always
    /// safe. Use it for a worker that does not get on with what Redis has delivered to it.
    ///
    /// - Parameters:
    ///   - by: Who does it, for the record.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Returns: How many partitions.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    public func restartAtCheckpoint(
        _ group: GroupName,
        _ topic: TopicName,
        by: String,
        operation: UUID? = nil
    ) async throws -> Int {
        try await system.use { try LinkedReplays(links: $0).restartAtCheckpoint(group, topic, by: by, operation) }
    }

    // MARK: From a place on

    /// Says what a replay would do. It changes nothing.
    ///
    /// - Parameters:
    ///   - place: Where to begin. An entry id means the partition that has this entry, unless `only` is given.
    ///   - only: One partition; nil: all, each from its own entry at that place.
    /// - Throws: `OperationRefused` where the subscription may not be replayed or its events are no longer there;
    ///   `ServerProblem`.
    public func plan(
        _ group: GroupName,
        _ topic: TopicName,
        from place: StreamPlace,
        only: PartitionNumber? = nil
    ) async throws -> ReplayPlan {
        try await system.use { try LinkedReplays(links: $0).plan(group, topic, from: place, only: only) }
    }

    /// Sets the checkpoints back as planned, under new epochs: the group reads those events again, in order. Events that
    /// come meanwhile wait behind them.
    ///
    /// - Parameters:
    ///   - by: Who does it, for the record.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Throws: `OperationRefused` where a checkpoint is below its goal by now; `ServerProblem`.
    public func replay(_ plan: ReplayPlan, by: String, operation: UUID? = nil) async throws {
        try await system.use { try LinkedReplays(links: $0).replay(plan, by: by, operation) }
    }

    // MARK: Some events

    /// Says what a replay of chosen events would do. It changes nothing.
    ///
    /// - Throws: `OperationRefused` where the subscription may not be replayed, its events are no longer there, or they are more
    ///   than `SelectedReplayPlan.most`; `ServerProblem`.
    public func plan(
        _ group: GroupName,
        _ topic: TopicName,
        selecting selection: ReplaySelection
    ) async throws -> SelectedReplayPlan {
        try await system.use { try LinkedReplays(links: $0).plan(group, topic, selecting: selection) }
    }

    /// Lets the group handle the events of a plan again, each key's in order, all in one transaction. Later events of these
    /// keys wait behind them.
    ///
    /// - Parameters:
    ///   - by: Who does it, for the record.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Returns: How many; what has come into failed events since the plan was made stays as it is there, and is not counted.
    /// - Throws: `OperationRefused` where a checkpoint was set back since; `ServerProblem`.
    public func replay(_ plan: SelectedReplayPlan, by: String, operation: UUID? = nil) async throws -> Int {
        try await system.use { try LinkedReplays(links: $0).replay(plan, by: by, operation) }
    }
}
