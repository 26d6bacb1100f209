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
        let running = RunningReassignments(database: database, logger: logger)
        let pages = TrackerPages(running: running, database: database, now: now)
        return ServiceSite(
            settings,
            database: database,
            schema: "tracker",
            source: pages,
            companions: [running],
            logger: logger,
            now: now,
            routes: { pages.add(to: &$0) }
        )
    }
}
