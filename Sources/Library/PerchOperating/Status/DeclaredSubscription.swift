/// What a group's program has declared of a subscription when its workers last started.
public struct DeclaredSubscription: Sendable, Hashable {
    /// That an event takes effect once however often it comes: it may be replayed.
    public let isIdempotent: Bool
    /// That the group can be emptied and built anew, by its own program.
    public let hasReset: Bool
    /// What its handlers may do at most; nil: there is no limit.
    public let limit: DeclaredLimit?
}
