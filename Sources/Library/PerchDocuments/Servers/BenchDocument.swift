package import PerchOperating

/// Timings as JSON.
package struct BenchDocument: Encodable {
    let timings: [Timing]
    let problems: [ProblemDocument]

    struct Timing: Encodable {
        let server, step: String
        let rounds: Int
        let medianSeconds, p99Seconds, usualFromSeconds, usualToSeconds: Double
        let isSlow: Bool
    }

    package init(_ timings: [ServerTiming], _ problems: [ProblemDocument]) {
        self.timings = timings.map {
            Timing(
                server: $0.server,
                step: $0.step.rawValue,
                rounds: $0.rounds,
                medianSeconds: $0.median.precise,
                p99Seconds: $0.p99.precise,
                usualFromSeconds: $0.usual.lowerBound.precise,
                usualToSeconds: $0.usual.upperBound.precise,
                isSlow: $0.isSlow
            )
        }
        self.problems = problems
    }
}

extension Duration {
    /// Seconds, to the microsecond.
    fileprivate var precise: Double {
        Double(components.seconds) + Double(components.attoseconds / 1_000_000_000_000) / 1_000_000
    }
}
