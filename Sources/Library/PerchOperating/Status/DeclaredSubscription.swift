/// What a group's program has declared of a subscription when its workers last started.
public struct DeclaredSubscription: Sendable, Hashable {
    /// Whether an event takes effect once however often it comes, so that it may be replayed.
    public let isIdempotent: Bool
    /// Whether the group's own program can empty it and build it anew.
    public let hasReset: Bool
    /// What its handlers may do at most; nil: there is no limit.
    public let limit: DeclaredLimit?
}
