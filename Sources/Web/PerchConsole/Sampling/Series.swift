import Times

/// How a number went: the samples of the last half hour, oldest first.
struct Series: Sendable {
    /// One sample in two seconds, for half an hour.
    static let most = 900
    static let span = Duration.seconds(1800)

    struct Sample: Sendable {
        let time: Timestamp
        /// Nil: it was not told.
        let value: Double?
    }

    private(set) var samples: [Sample] = []

    mutating func add(_ value: Double?, at time: Timestamp) {
        samples.append(Sample(time: time, value: value))
        let tooOld = samples.prefix { time - $0.time > Self.span }.count
        samples.removeFirst(max(tooOld, samples.count - Self.most))
    }

    /// The largest value of each of so many equal parts of the half hour up to `now`; nil where none was told.
    func points(_ count: Int = 60, until now: Timestamp) -> [Double?] {
        var points = [Double?](repeating: nil, count: count)
        let width = Self.span / count
        for sample in samples {
            guard let value = sample.value, now >= sample.time else { continue }
            let age = Int((now - sample.time) / width)
            guard age < count else { continue }
            let index = count - 1 - age
            points[index] = max(points[index] ?? value, value)
        }
        return points
    }

    /// By how much it grew in a second, over the last of these seconds; nil where that is not known.
    func rate(over window: Duration, until now: Timestamp) -> Double? {
        let known = samples.filter { $0.value != nil && now - $0.time <= window }
        guard let first = known.first, let last = known.last, last.time > first.time,
            let from = first.value, let to = last.value
        else { return nil }
        return max(0, to - from) / ((last.time - first.time) / .seconds(1))
    }
}
