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
        let payDay = PayDay(timeZone: timeZone, now: now)
        return site(
            settings,
            AccountingPages(payDay: payDay, database: database, places: settings.places, logger: logger),
            logger: logger
        )
    }

    /// The same of pages that are made already.
    static func site(_ settings: PagesSettings, _ pages: AccountingPages, logger: Logger) -> ServiceSite {
        ServiceSite(
            settings,
            database: pages.database,
            schema: "accounting",
            source: pages,
            logger: logger,
            now: pages.payDay.now,
            routes: { pages.add(to: &$0) }
        )
    }
}
