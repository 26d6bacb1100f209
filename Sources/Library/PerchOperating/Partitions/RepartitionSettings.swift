/// How a change of partitions waits, and what it leaves behind when it cannot go on.
public struct RepartitionSettings: Sendable {
    /// How long the topic may be held for its groups to finish and for publishers to commit. Default: 5 minutes.
    public var patience = Duration.seconds(300)
    /// How often it looks. Default: 200 ms.
    public var interval = Duration.milliseconds(200)
    /// After a failure or a cancellation the topic stays held, for another try. Default: false, the hold is taken back.
    public var keepsHold = false

    /// All defaults.
    public init() {}
}
