package import Foundation
package import Logging
import PageKit
package import Postgres
package import ServiceKit

extension Analytics {
    /// The pages: how business goes, for admins.
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
        let pages = AnalyticsPages(database: database, reports: Reports(timeZone: timeZone, now: now))
        return ServiceSite(
            settings,
            database: database,
            schema: "analytics",
            source: pages,
            logger: logger,
            now: now,
            routes: { pages.add(to: &$0) }
        )
    }
}
