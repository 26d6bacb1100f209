import Times

/// Names that are remembered for a while, so many at most: beyond them the oldest are forgotten first.
struct RecentNames: Sendable {
    private let life: Duration
    private let most: Int
    private var times: [String: Timestamp] = [:]

    init(life: Duration, most: Int = 10_000) { (self.life, self.most) = (life, most) }

    /// When it was noted; nil where that is forgotten.
    func time(of name: String, now: Timestamp) -> Timestamp? { times[name].flatMap { now - $0 < life ? $0 : nil } }

    /// An earlier time than that which is known changes nothing: a name is never forgotten sooner for being noted again.
    mutating func note(_ name: String, now: Timestamp) {
        times[name] = max(times[name] ?? now, now)
        guard times.count > most else { return }
        times = times.filter { now - $0.value < life }
        guard times.count > most else { return }
        for (name, _) in times.sorted(by: { $0.value < $1.value }).prefix(most / 2) { times[name] = nil }
    }
}
