/// How long a page took, as wrk tells it.
struct PageTimes {
    /// Milliseconds.
    let median: Double
    /// Milliseconds.
    let p99: Double
    /// Answers a second.
    let rate: Double

    /// - Parameter text: What `wrk --latency` prints.
    /// - Throws: where an answer was no page, or none came.
    init(wrk text: String) throws {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
        func value(_ name: String) -> Substring? { lines.first { $0.first == name[...] }?.dropFirst().first }
        guard !text.contains("Non-2xx"), !text.contains("Socket errors") else {
            throw BenchError("a page failed: \(text)")
        }
        guard let median = value("50%").flatMap(Self.milliseconds), let p99 = value("99%").flatMap(Self.milliseconds),
            let rate = value("Requests/sec:").flatMap({ Double($0) })
        else { throw BenchError("wrk said \(text) where its figures were expected") }
        (self.median, self.p99, self.rate) = (median, p99, rate)
    }

    /// `1.50ms`, `980.00us`, `1.20s`
    private static func milliseconds(_ text: Substring) -> Double? {
        for (unit, factor) in [("us", 0.001), ("ms", 1), ("s", 1000)] where text.hasSuffix(unit) {
            return Double(text.dropLast(unit.count)).map { $0 * factor }
        }
        return nil
    }
}
