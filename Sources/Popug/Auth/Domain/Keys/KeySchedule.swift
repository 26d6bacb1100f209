import HTTPKit
import Postgres
import ServiceKit

/// When which key signs, and when which keys are published: decided by the times of the keys alone, so that all processes
/// of auth decide alike.
///
///     key 1  published ├──────────────────────────────────────┤
///            signs     ├─────────────────────────────────┤
///     key 2  published                     ├─────────────────────────────  …
///            signs                                       ├───────────────  …
///
/// A key is published before it signs for longer than anybody keeps an older key set, and after it has signed until its
/// last token has expired.
struct KeySchedule: Sendable {
    /// A key and its times.
    struct Key: Sendable, Hashable {
        let id: String
        /// It is in the key set from then on.
        let publishedFrom: Timestamp
        /// It signs from then on, until the next key does.
        let signsFrom: Timestamp
    }

    /// How long a key signs.
    static let period = Duration.seconds(30 * 86_400)
    /// How long before its time a key is made, when auth is in use.
    static let notice = Duration.seconds(86_400)
    /// How old a process's own knowledge of the keys may be.
    static let reload = Duration.seconds(30)
    /// How far the clocks of those who sign and those who verify may be apart.
    static let skew = Duration.seconds(60)
    /// How long before it signs a key is published at the least: those who verify, and what may stand between, each keep a
    /// key set for 5 minutes, and this process its own for half of one.
    static let shortestNotice = JWKSCache.timeToLive * 2 + reload + skew

    /// In the order in which they sign.
    let keys: [Key]

    init(_ keys: [Key]) {
        self.keys = keys.sorted { ($0.signsFrom, $0.id) < ($1.signsFrom, $1.id) }
    }

    /// The key that signs; nil only where there is none at all.
    func signer(at now: Timestamp) -> Key? {
        // All of them later: the clock was set back.
        keys.last { $0.signsFrom <= now } ?? keys.first
    }

    /// The keys of the key set.
    func published(at now: Timestamp) -> [Key] {
        let expired = Set(expired(at: now))
        return keys.filter { !expired.contains($0) }
    }

    /// The keys whose last token has expired: they can be forgotten.
    func expired(at now: Timestamp) -> [Key] {
        zip(keys, keys.dropFirst()).compactMap { key, next in
            now >= next.signsFrom + AccessToken.lifetime + Self.skew ? key : nil
        }
    }

    /// From when a key must sign that is to be made now; nil where none is due.
    func nextKey(at now: Timestamp) -> Timestamp? {
        guard let last = keys.last else { return now }
        let end = last.signsFrom + Self.period
        guard now >= last.signsFrom, now + Self.notice >= end else { return nil }
        return max(end, now + Self.shortestNotice)
    }
}
