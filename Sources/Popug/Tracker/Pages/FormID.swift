import Foundation
import Postgres

/// The id of a form that becomes the id of what it makes. Whoever sends a form may send any id, and tickets are listed in the order of
/// theirs: it has to be one that was made a short time ago.
enum FormID {
    /// A login ends sooner.
    static let longestLife = Duration.seconds(24 * 3600)
    /// How far the clock of another process may be ahead.
    static let skew = Duration.seconds(60)

    /// Whether it is a UUID of version 7 of the last day.
    static func isFresh(_ id: UUID, now: Timestamp) -> Bool {
        let bytes = id.uuid
        guard bytes.6 >> 4 == 7, bytes.8 >> 6 == 2 else { return false }
        let made = [bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let age = now - Timestamp(milliseconds: made)
        return age >= .zero - skew && age <= longestLife
    }
}
