public import Perch

/// How a consumer group is, with who runs it and what it declares. What was not told is nil.
public struct GroupReport: Sendable {
    /// By partition.
    public let status: GroupStatus
    /// Its workers; nil where its database did not tell.
    public let workers: [WorkerStatus]?
    /// What its program has declared, by topic; empty as long as no worker has ever started.
    public let subscriptions: [TopicName: DeclaredSubscription]
    /// Servers that did not tell.
    public var problems: [ServerProblem] { status.problems }
}
