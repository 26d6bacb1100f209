package import Foundation
package import Logging
import PageKit
package import Postgres
package import ServiceKit

extension Accounting {
    /// The pages: what somebody has and has earned, what popug earned, and pay day.
    ///
    /// - Parameters:
    ///   - database: As the service's role.
    ///   - timeZone: Where a day begins and ends.
    ///   - now: For tests. Default: the system's clock.
    package static func site(
        _ settings: PagesSettings,
        database: Database,
        timeZone: TimeZone,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> ServiceSite {
        let pages = AccountingPages(database: database, timeZone: timeZone)
        return ServiceSite(
            settings,
            database: database,
            schema: "accounting",
            source: pages,
            logger: logger,
            now: now,
            routes: { pages.add(to: &$0) }
        )
    }
}
