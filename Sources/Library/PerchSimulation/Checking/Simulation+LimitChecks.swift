import PerchProtocol

extension Simulation {
    /// A worker begins events of its group now: in no time of W seconds more than `perSecond * (W + 1) + burst` are begun.
    func begin(_ count: Int, of group: Int) {
        guard let limit = scenario.limit, let rate = limit.perSecond, count > 0 else { return }
        begun[group].append((now, count))
        var sum = 0
        for (time, count) in begun[group].reversed() {
            sum += count
            let most = rate * (Double(now - time) / 1e6 + 1) + Double(limit.burst)
            guard Double(sum) > most else { continue }
            return fail("group \(group) has begun \(sum) events in \(now - time) µs, and its limit allows \(most)")
        }
    }
}
