import Synchronization

/// How fast this machine is at the moment, by what the monitor's look at all databases takes: it starts processes, connects
/// and reads, as the system under test does. What the system may take is stretched by it, so that nothing judges the machine.
final class Pace: Sendable {
    /// Seconds that a look takes on two quiet cores.
    static let usual = 0.4

    private let recent = Mutex<[Double]>([])

    func note(_ seconds: Double) {
        recent.withLock { recent in
            recent.append(seconds)
            if recent.count > 20 { recent.removeFirst() }
        }
    }

    /// Seconds of the slowest of the last looks.
    var slowest: Double { recent.withLock { $0.max() ?? Self.usual } }

    /// How many times as long as on a quiet machine a thing may take; at least 1.
    var stretch: Double { max(1, slowest / Self.usual) }
}
