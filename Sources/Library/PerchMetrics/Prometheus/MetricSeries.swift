import Metrics
import Synchronization

/// One series of a family: its value, and how it is written.
protocol MetricSeries: AnyObject, Sendable {
    /// Adds its lines.
    func write(_ family: String, _ labels: String, to text: inout String)
}

/// A counter of whole numbers.
final class WholeCounter: MetricSeries, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ family: String, _ labels: String, to text: inout String) {
        MetricLine.write(family, labels, String(value.load(ordering: .relaxed)), to: &text)
    }
}

/// A counter of floating-point numbers.
final class FractionCounter: MetricSeries, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(_ family: String, _ labels: String, to text: inout String) {
        MetricLine.write(family, labels, MetricLine.number(value.withLock { $0 }), to: &text)
    }
}

/// A gauge: for meters, and for recorders, of which it keeps the last value.
final class Gauge: MetricSeries, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ new: Int64) { set(new) }
    func record(_ new: Double) { set(new) }

    func write(_ family: String, _ labels: String, to text: inout String) {
        MetricLine.write(family, labels, MetricLine.number(value.withLock { $0 }), to: &text)
    }
}

/// Durations, counted by size.
final class DurationHistogram: MetricSeries, TimerHandler {
    /// Upper bounds in nanoseconds, as they are written.
    private static let bounds: [(Int64, String)] = [
        (1_000_000, "0.001"), (2_500_000, "0.0025"), (5_000_000, "0.005"), (10_000_000, "0.01"),
        (25_000_000, "0.025"), (50_000_000, "0.05"), (100_000_000, "0.1"), (250_000_000, "0.25"),
        (500_000_000, "0.5"), (1_000_000_000, "1"), (2_500_000_000, "2.5"), (5_000_000_000, "5"),
        (10_000_000_000, "10"),
    ]

    private struct State {
        /// The last holds what is above all bounds.
        var counts = [UInt64](repeating: 0, count: bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let duration = max(0, duration)
        let index = Self.bounds.firstIndex { duration <= $0.0 } ?? Self.bounds.count
        state.withLock {
            $0.counts[index] += 1
            $0.sum += Double(duration) / 1e9
        }
    }

    func write(_ family: String, _ labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (count, bound) in zip(state.counts, Self.bounds.map(\.1) + ["+Inf"]) {
            total += count
            MetricLine.write("\(family)_bucket", "\(prefix)le=\"\(bound)\"", String(total), to: &text)
        }
        MetricLine.write("\(family)_sum", labels, MetricLine.number(state.sum), to: &text)
        MetricLine.write("\(family)_count", labels, String(total), to: &text)
    }
}

/// A line of the text format.
enum MetricLine {
    static func write(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Without a needless ".0", and exact: these are counts more often than not.
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }
}
