public import Perch

/// The limit of a subscription, as its program has declared it, and whether any worker waits for it.
public struct DeclaredLimit: Sendable, Hashable {
    /// As its program has it.
    public let limit: WorkLimit
    /// At least one worker leaves events in the stream until the limit allows more.
    public let isWaitedFor: Bool
}
