import Foundation
import Perch
import Postgres
import Synchronization

/// How long a fault kept events from taking effect, by a clock that never jumps; and how long the servers alone needed.
///
/// It is told to `ops/bench --standstill`, and no test judges it.
final class Standstill: Sendable {
    private typealias Instant = ContinuousClock.Instant

    private struct Key: Hashable {
        let order: String
        let count: Int
    }

    private struct State {
        /// When each event was handled last. What was rolled back was handled again.
        var handled: [Key: Instant] = [:]
        var began: Instant?
        var served: Instant?
        var ended: Instant?
    }

    private let state = Mutex(State())

    func note(_ event: OrderCounted) {
        state.withLock { $0.handled[Key(order: event.order, count: event.count)] = .now }
    }

    /// The fault is done now.
    func begin() { state.withLock { $0.began = .now } }

    /// The servers take writes again.
    func serves() { state.withLock { if $0.served == nil { $0.served = .now } } }

    /// Events flow again.
    func end() { state.withLock { $0.ended = .now } }

    /// Adds a line to the file that `PERCH_STANDSTILL` names, if it does: the fault, then in seconds the longest time without an effect
    /// in a partition before it, what the servers needed, and the longest time in the partition that stood the least and in the one
    /// that stood the most.
    func tell(_ fault: String) throws {
        guard let path = ProcessInfo.processInfo.environment["PERCH_STANDSTILL"] else { return }
        let seen = state.withLock { $0 }
        guard let began = seen.began, let ended = seen.ended else { return }
        var times: [PartitionNumber: [Instant]] = [:]
        for (key, instant) in seen.handled {
            times[PartitionNumber(key: key.order, of: orders.partitions), default: []].append(instant)
        }
        var (calm, during) = ([Double](), [Double]())
        for instants in times.values.map({ $0.sorted() }) {
            let gaps = zip(instants, instants.dropFirst())
            calm.append(gaps.filter { $1 <= began }.map { ($1 - $0) / .seconds(1) }.max() ?? 0)
            during.append(gaps.filter { $1 > began && $0 < ended }.map { ($1 - $0) / .seconds(1) }.max() ?? 0)
        }
        let server = seen.served.map { String(format: "%.2f", ($0 - began) / .seconds(1)) } ?? "-"
        let figures = [calm.max() ?? 0, during.min() ?? 0, during.max() ?? 0].map { String(format: "%.2f", $0) }
        let line = "\(fault)\t\(figures[0])\t\(server)\t\(figures[1])\t\(figures[2])\n"
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
    }
}

/// Writes each event down, and notes when.
struct TimedWriteDown: EventHandler {
    let standstill: Standstill

    func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try WriteDown().handle(event, delivery, in: tx)
        standstill.note(event)
    }
}
