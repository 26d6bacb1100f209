import Times

extension Series {
    /// Where a number goes.
    enum Trend: Sendable, Hashable {
        case grows, stays
        case shrinks(perSecond: Double)
    }

    /// Where it went in the last five minutes; nil where less than one of them is known.
    ///
    /// The least of the earlier half is compared with the least of the later one: what comes and goes in between is no trend.
    func trend(until now: Timestamp) -> Trend? {
        let known = samples.filter { $0.value != nil && now - $0.time <= .seconds(300) }
        guard let first = known.first, let last = known.last, last.time - first.time >= .seconds(60) else { return nil }
        let half = (last.time - first.time) / 2
        let (early, late) = (
            known.filter { $0.time - first.time < half }.compactMap(\.value).min(),
            known.filter { $0.time - first.time >= half }.compactMap(\.value).min()
        )
        guard let early, let late else { return nil }
        if late > early { return .grows }
        return late < early ? .shrinks(perSecond: (early - late) / (half / .seconds(1))) : .stays
    }

    /// By how much it grew in a second, in each of so many equal parts of the half hour; nil where that is not known.
    func rates(_ count: Int = 60, until now: Timestamp) -> [Double?] {
        let points = points(count + 1, until: now)
        let width = Self.span / (count + 1) / .seconds(1)
        return zip(points, points.dropFirst()).map { before, after in
            guard let before, let after else { return nil }
            return max(0, after - before) / width
        }
    }
}
