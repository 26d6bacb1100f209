/// How a change of partitions waits, and what it leaves behind when it cannot go on.
public struct RepartitionSettings: Sendable {
    /// How long the topic may be held for its groups to finish and for publishers to commit. What is published meanwhile waits in the
    /// outbox. When the time is over, the change ends with `OperationRefused`, which names who was late. Zero and below: groups have to be
    /// done and no publisher may be in the way at the first look. Default: 5 minutes.
    public var patience = Duration.seconds(300)
    /// The pause between two looks, which ask the owner's database and those of the groups. It can prolong the hold by up to this time.
    /// Zero and below: no pause. Default: 200 ms.
    public var interval = Duration.milliseconds(200)
    /// After a failure or a cancellation the topic stays held, for another try: until then nothing of it is relayed. Where the hold cannot
    /// be taken back, it stays in either case, and `RepartitionUnfinished` says so. Default: false, the hold is taken back.
    public var keepsHold = false

    /// All defaults.
    public init() {}
}
