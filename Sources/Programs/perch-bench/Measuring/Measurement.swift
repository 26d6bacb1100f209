/// What one run of one side came to.
struct Measurement {
    /// Events a second, from the first commit to the last.
    var rate = 0.0
    /// CPU seconds per 1,000 events; of an idle system per second.
    var cpu = 0.0
    var redisCPU = 0.0
    var postgresCPU = 0.0
    /// The most memory of the side's process, in bytes.
    var memory = 0.0
    /// Milliseconds at the 50th, 99th and 99.9th percentile.
    var latency: [Double] = []
}

/// A value of several runs: the middle one, and how far they lie apart.
struct Spread {
    let median: Double
    let least: Double
    let most: Double

    /// - Parameter values: At least one.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        least = sorted[0]
        most = sorted[sorted.count - 1]
    }

    /// `1.5 (1.2–1.9)`
    func text(_ format: (Double) -> String) -> String { "\(format(median)) (\(format(least))–\(format(most)))" }
}

/// All runs of a workload: pairs of ours and the baseline's, which took turns.
struct Outcome {
    let workload: Workload
    var pairs: [(ours: Measurement, baseline: Measurement)] = []

    func ours(_ value: (Measurement) -> Double) -> Spread { Spread(pairs.map { value($0.ours) }) }
    func baseline(_ value: (Measurement) -> Double) -> Spread { Spread(pairs.map { value($0.baseline) }) }

    /// Ours to the baseline's, pair by pair: what made the machine slow met both.
    func ratio(_ value: (Measurement) -> Double) -> Spread {
        Spread(pairs.map { value($0.baseline) == 0 ? 0 : value($0.ours) / value($0.baseline) })
    }
}
