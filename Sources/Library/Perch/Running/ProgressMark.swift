import Synchronization

/// When a worker or a relay last made progress, to tell one that works or has nothing to do from one that is stuck.
///
/// A worker makes progress by a committed round, by a look that found nothing past its checkpoint, or, if it holds no partition, by its
/// process's heartbeat. A relay makes progress by an append, or by a pass that left nothing to do. Safe from any thread.
public final class ProgressMark: Sendable {
    /// Whose it is: `relay`, `worker-1`.
    public let name: String
    private let latest: Atomic<Int64>

    package init(name: String) {
        self.name = name
        latest = Atomic(Self.now)
    }

    /// How long ago it made progress; before the first time, how long ago this mark was made.
    public var age: Duration { .nanoseconds(max(0, Self.now - latest.load(ordering: .relaxed))) }

    func mark() { latest.store(Self.now, ordering: .relaxed) }

    private static let origin = ContinuousClock.now
    private static var now: Int64 { origin.duration(to: .now).nanoseconds }
}
