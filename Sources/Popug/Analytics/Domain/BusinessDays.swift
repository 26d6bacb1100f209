import Foundation
import Perch
import Postgres

/// The days that analytics counts by.
struct BusinessDays: Sendable, Hashable {
    let today: CalendarDate
    /// Where they begin and end.
    let zone: TimeZone
    /// Where they should, once all is counted anew: nothing more is counted until then. Nil: there, too.
    let wantedZone: TimeZone?
}

extension Reports {
    /// The present day, and where days begin and end.
    func businessDays(in database: Database) async throws -> BusinessDays {
        let name = try await database.query("SELECT time_zone FROM analytics.calendar") {
            try $0.decode(0, as: String.self)
        }.first
        let zone = name.flatMap { TimeZone(identifier: $0) } ?? timeZone
        return BusinessDays(
            today: try await today(in: database),
            zone: zone,
            wantedZone: name == nil || name == timeZone.identifier ? nil : timeZone
        )
    }
}
