import Synchronization

/// How many requests a session may make: so many a second, and twice as many at once after a pause.
package final class RequestRate: Sendable {
    private struct Bucket {
        var left: Double
        var filledAt: ContinuousClock.Instant
    }

    /// Sessions that are counted at a time. Beyond them those go first that have been quiet longest: they are full again.
    static let mostSessions = 10_000

    private let perSecond: Double
    private let now: @Sendable () -> ContinuousClock.Instant
    private let buckets = Mutex<[String: Bucket]>([:])

    /// - Parameters:
    ///   - perSecond: Default 20.
    ///   - now: For tests. Default: a clock that nobody sets.
    package init(perSecond: Double = 20, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        (self.perSecond, self.now) = (perSecond, now)
    }

    /// Counts a request; nil where it may be made, else after how many seconds another try makes sense.
    package func wait(of session: String) -> Int? {
        let now = now()
        let most = perSecond * 2
        return buckets.withLock { buckets in
            var bucket = buckets[session] ?? Bucket(left: most, filledAt: now)
            let passed = bucket.filledAt.duration(to: now) / .seconds(1)
            bucket.left = min(most, bucket.left + max(0, passed) * perSecond)
            bucket.filledAt = now
            defer {
                buckets[session] = bucket
                if buckets.count > Self.mostSessions { Self.forgetQuiet(&buckets) }
            }
            guard bucket.left >= 1 else { return max(1, Int(((1 - bucket.left) / perSecond).rounded(.up))) }
            bucket.left -= 1
            return nil
        }
    }

    private static func forgetQuiet(_ buckets: inout [String: Bucket]) {
        let quiet = buckets.sorted { $0.value.filledAt < $1.value.filledAt }.prefix(buckets.count / 2)
        for (session, _) in quiet { buckets[session] = nil }
    }
}
