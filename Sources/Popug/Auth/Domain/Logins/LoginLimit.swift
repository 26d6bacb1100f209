import Foundation
import Postgres

/// How failed logins slow down the next, for one account or one address: the first ones cost nothing, each further one
/// doubles the wait, up to a longest. Nobody is locked out for good, and in time all is forgotten.
struct LoginLimit: Sendable {
    /// What is known of the failures so far.
    struct Count: Sendable, Hashable {
        /// How many there were, less what had been forgotten, at `at`.
        var level: Double
        /// When the last one was.
        var at: Timestamp
    }

    /// How many failures cost nothing.
    let free: Double
    /// In which time one failure is forgotten.
    let forgiveness: Duration
    /// The longest wait between two tries.
    let longestWait: Duration

    /// For one account. At its slowest that is about 300 guesses a day.
    static let account = LoginLimit(free: 10, forgiveness: .seconds(600), longestWait: .seconds(300))
    /// For one address, behind which may be a whole office.
    static let address = LoginLimit(free: 50, forgiveness: .seconds(5), longestWait: .seconds(60))

    /// How many failures are not forgotten yet.
    func level(_ count: Count, at now: Timestamp) -> Double {
        max(0, count.level - (max(.zero, now - count.at) / forgiveness))
    }

    /// From when the next try is let in.
    func nextTry(after count: Count) -> Timestamp {
        guard count.level > free else { return count.at }
        let seconds = min(pow(2, min(count.level - free - 1, 30)), longestWait / .seconds(1))
        return count.at + .milliseconds(Int64(seconds * 1000))
    }

    /// One failure more.
    func adding(to count: Count?, at now: Timestamp) -> Count {
        Count(level: (count.map { level($0, at: now) } ?? 0) + 1, at: now)
    }

    /// A wait as it is told: in whole seconds, at least one.
    static func seconds(_ wait: Duration) -> Int { max(1, Int((wait / .seconds(1)).rounded(.up))) }

    /// From when the count is as good as none.
    func forgotten(_ count: Count) -> Timestamp {
        max(nextTry(after: count), count.at + .milliseconds(Int64(count.level * (forgiveness / .milliseconds(1)))))
    }
}
