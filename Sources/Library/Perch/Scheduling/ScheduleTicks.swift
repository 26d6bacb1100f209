import Foundation
import PerchProtocol
import Postgres

/// A recurrence in its time zone, as the decisions ask for it.
package struct ScheduleTicks: TickSource, Sendable {
    let recurrence: Recurrence
    let timeZone: TimeZone

    package func next(after instant: Int64) -> Int64? {
        recurrence.next(after: Timestamp(microsecondsSince1970: instant), in: timeZone)?.microsecondsSince1970
    }

    package func last(atOrBefore instant: Int64) -> Int64? {
        recurrence.last(atOrBefore: Timestamp(microsecondsSince1970: instant), in: timeZone)?.microsecondsSince1970
    }
}
