import Hummingbird
import PageKit

/// All pages, and what each request passes before it gets to one.
enum ConsolePages {
    /// - Returns: All routes, with the right that each needs.
    static func add(to router: Router<ConsoleContext>, _ parts: ConsoleParts, hosts: OwnHosts) -> [ConsoleRoutes.Entry]
    {
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorPages(settings: parts.settings, failures: ConsoleFailures(logger: parts.logger)))
        router.add(middleware: HostCheck(hosts, exempt: parts.login.programPaths))
        router.add(middleware: OwnOriginCheck(hosts, exempt: parts.login.programPaths))
        Assets.shared.add(to: router)
        parts.login.add(to: router)
        router.add(middleware: LoginCheck(login: parts.login, isReadOnly: parts.settings.isReadOnly))
        let rate = RequestRate(perSecond: parts.settings.requestsPerSecond)
        router.add(middleware: RateCheck(rate) { _, context in context.viewer?.session })
        var routes = ConsoleRoutes(router, parts)
        AuditPage.add(to: &routes)
        DelaysPage.add(to: &routes)
        DoctorPage.add(to: &routes)
        EventsPage.add(to: &routes)
        GroupPage.add(to: &routes)
        FailedChangePage.add(to: &routes)
        FailedEditPage.add(to: &routes)
        FailedErrorsPage.add(to: &routes)
        FailedEventPage.add(to: &routes)
        FailedPage.add(to: &routes)
        GroupsPage.add(to: &routes)
        LivePage.add(to: &routes)
        OneEventPage.add(to: &routes)
        OverviewPage.add(to: &routes)
        PartitionsPage.add(to: &routes)
        PausePages.add(to: &routes)
        PendingPage.add(to: &routes)
        PublishPages.add(to: &routes)
        ReplayPages.add(to: &routes)
        SchedulesPage.add(to: &routes)
        SessionPage.add(to: &routes)
        SettingsPage.add(to: &routes)
        SearchPage.add(to: &routes)
        TailPage.add(to: &routes)
        TopicPage.add(to: &routes)
        TopicsPage.add(to: &routes)
        WorkersPage.add(to: &routes)
        TracePage.add(to: &routes)
        OperationPage.add(to: &routes)
        OperationsPage.add(to: &routes)
        return routes.entries
    }
}
