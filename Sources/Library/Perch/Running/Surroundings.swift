import Executors

/// All that the loop of a worker, a heartbeat or a relay depends on besides its servers: time, waiting, randomness, and whether
/// it is to end.
///
/// A program has threads and the system's monotonic clock; the simulation has virtual time, drawn from a seed. New ids are no part of it:
/// Postgres gives entries theirs, publishers give events theirs, and no loop makes any.
package protocol Surroundings {
    /// Since a fixed moment that is the same for all loops of the process. It is never set back.
    var now: Duration { get }
    /// The seed of what a loop draws at random.
    func drawSeed() -> UInt64
    /// To begin nothing more.
    var isToldToStop: Bool { get }
    /// The time to finish is over: to end at once.
    var isOverdue: Bool { get }
    /// What wakes from here on is not missed by the next `wait`.
    func beginLooking()
    /// Blocks the loop's thread until it is told to stop, or until something wakes it, or the time is over.
    func wait(atMost limit: Duration)
}

extension Surroundings {
    package func beginLooking() {}
}

/// The moment from which the loops of this process count.
package enum ProcessClock {
    private static let origin = ContinuousClock.now

    package static var now: Duration { origin.duration(to: .now) }
}

/// Of a worker's thread: only its stop signal wakes it.
struct WorkerSurroundings: Surroundings {
    let stop: StopSignal

    var now: Duration { ProcessClock.now }
    func drawSeed() -> UInt64 { .random(in: 0 ... .max) }
    var isToldToStop: Bool { stop.isRaised }
    var isOverdue: Bool { stop.isOverdue }
    func wait(atMost limit: Duration) { stop.wait(atMost: limit) }
}

/// Of the heartbeat's thread, which ends when the last worker has ended.
struct HeartbeatSurroundings: Surroundings {
    let ended: ThreadSignal

    var now: Duration { ProcessClock.now }
    func drawSeed() -> UInt64 { .random(in: 0 ... .max) }
    var isToldToStop: Bool { ended.current > 0 }
    var isOverdue: Bool { false }
    func wait(atMost limit: Duration) { _ = ended.wait(after: 0, atMost: limit) }
}

/// Of a relay's thread: a transaction of this process that published wakes it, and its stop signal.
final class RelaySurroundings: Surroundings {
    private let stop: StopSignal
    /// What was there when it looked last.
    private var seen: UInt64 = 0

    init(stop: StopSignal) { self.stop = stop }

    var now: Duration { ProcessClock.now }
    func drawSeed() -> UInt64 { .random(in: 0 ... .max) }
    var isToldToStop: Bool { stop.isRaised }
    var isOverdue: Bool { stop.isOverdue }
    func beginLooking() { seen = OutboxSignal.shared.current }
    // Stopping raises it too.
    func wait(atMost limit: Duration) { seen = OutboxSignal.shared.wait(after: seen, atMost: limit) }
}
