import Hummingbird
import PageKit

/// All pages, and what each request passes before it gets to one.
enum ConsolePages {
    @discardableResult
    static func add(to router: Router<ConsoleContext>, _ parts: ConsoleParts, hosts: OwnHosts) -> [ConsoleRoutes.Entry]
    {
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorPages(settings: parts.settings, logger: parts.logger))
        router.add(middleware: HostCheck(hosts))
        router.add(middleware: OwnOriginCheck(hosts))
        Assets.shared.add(to: router)
        parts.login.add(to: router)
        router.add(middleware: LoginCheck(login: parts.login))
        let rate = RequestRate()
        router.add(middleware: RateCheck(rate) { _, context in context.viewer?.session })
        var routes = ConsoleRoutes(router, parts)
        GroupsPage.add(to: &routes)
        LivePage.add(to: routes)
        return routes.entries
    }
}
