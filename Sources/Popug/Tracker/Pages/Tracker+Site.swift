package import Logging
import PageKit
package import Postgres
package import ServiceKit

extension Tracker {
    /// The pages: what somebody has to do, what became of a ticket, and who gets all of them anew.
    ///
    /// - Parameters:
    ///   - database: As the service's role.
    ///   - now: For tests. Default: the system's clock.
    package static func site(
        _ settings: PagesSettings,
        database: Database,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> ServiceSite {
        let pages = TrackerPages(tickets: Tickets(), database: database)
        return ServiceSite(
            settings,
            database: database,
            schema: "tracker",
            source: pages,
            logger: logger,
            now: now,
            routes: { pages.add(to: &$0) }
        )
    }
}
