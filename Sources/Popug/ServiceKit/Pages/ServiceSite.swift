import Foundation
package import HTTPKit
import HTTPTypes
package import Hummingbird
package import Logging
import PageKit
import Perch
import PopugEvents
package import Postgres
package import ServiceLifecycle

/// The pages of a service whose people log in at auth: what is around each page, who sees it, and what keeps it fresh.
///
/// It stands beside the service's API in one router, and is run as a service: so streams get their values, and sessions end in time.
package struct ServiceSite: ServicePages, Service {
    let settings: PagesSettings
    let login: OpenIDLogin
    let now: @Sendable () -> Timestamp
    private let board: LiveBoard
    var watch: LiveWatch
    private let companions: [any Service]
    private let rate: RequestRate
    let errors: PageErrors
    private let hosts: OwnHosts?
    private let routes: @Sendable (inout PageRoutes) -> Void
    /// Knows how far behind the handlers are; nil: nobody does.
    var lag: HandlerLag?

    /// - Parameters:
    ///   - database: Has the tables of `WebSessions` in the service's schema.
    ///   - schema: The service's.
    ///   - source: Knows what live pages show.
    ///   - companions: Run with the pages. Default: nothing does.
    ///   - requestsPerSecond: How many a session may make. Default 20.
    ///   - now: For tests. Default: the system's clock.
    ///   - routes: Adds the pages.
    package init(
        _ settings: PagesSettings,
        database: Database,
        schema: String,
        source: some LiveSource,
        companions: [any Service] = [],
        requestsPerSecond: Double = 20,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now },
        routes: @escaping @Sendable (inout PageRoutes) -> Void
    ) {
        (self.settings, self.now, self.routes, self.companions) = (settings, now, routes, companions)
        let board = LiveBoard(limit: 500)
        let sessions = WebSessions(database: database, schema: schema)
        self.board = board
        watch = LiveWatch(board: board, source: source, sessions: sessions, logger: logger)
        rate = RequestRate(perSecond: requestsPerSecond)
        errors = PageErrors(frame: Self.bare, logger: logger)
        hosts = OwnHosts(publicURL: settings.login.publicURL)
        login = OpenIDLogin(
            settings.login,
            program: settings.program.rawValue,
            keys: settings.keys,
            store: sessions,
            hasEndWithoutIssuer: true,
            logger: logger,
            frame: { Self.bare },
            now: now,
            onEnd: { await board.end(session: $0) }
        )
    }

    /// Keeps pages fresh and ends sessions, until the program ends.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await login.run() }
            group.addTask { try await watch.run() }
            for companion in companions { group.addTask { try await companion.run() } }
            try await group.waitForAll()
        }
    }

    /// All pages of the service and who may see them.
    package var entries: [PageRoutes.Entry] {
        var pages = PageRoutes(self, Router(context: APIContext.self).group())
        routes(&pages)
        return pages.entries
    }

    /// Around pages on which nobody is logged in.
    static var bare: PageFrame { PageFrame(program: "popug") }

    package func add(to routes: RouterGroup<APIContext>, proxies: TrustedProxies) {
        guard let hosts else { return }
        routes.add(middleware: SecurityHeaders())
        routes.add(middleware: errors)
        routes.add(middleware: HostCheck(hosts, exempt: OpenIDLogin.programPaths))
        routes.add(middleware: OwnOriginCheck(hosts, exempt: OpenIDLogin.programPaths))
        Assets.shared.add(to: routes)
        login.add(to: routes)
        // Where a form of a login that has ended leads to, in a tab beside it.
        routes.get("/logged-in") { _, _ in
            let words = Paragraph("Go back to the tab that you came from, and send it again.")
            return Page(Self.bare, heading: "You are logged in", body: words.html).response()
        }
        var pages = PageRoutes(self, routes)
        self.routes(&pages)
    }

    package func missing(_ request: Request, context: APIContext) async throws -> Response {
        try await SecurityHeaders().handle(request, context: context) { _, _ in
            errors.page("There is nothing at this address.", .notFound)
        }
    }

    // MARK: For pages

    /// - Throws: `HTTPError`: 403 where it is not for them, 429 where they ask too often.
    func visit(
        _ request: Request,
        _ context: APIContext,
        _ session: PageSession,
        _ access: Access,
        fields: [String]
    ) throws -> Visit {
        if let seconds = rate.wait(of: session.id) {
            throw HTTPError(
                .tooManyRequests,
                headers: [.retryAfter: String(seconds)],
                message: "Too many requests: again in \(seconds) s."
            )
        }
        let person = session.person
        guard let id = UUID(uuidString: person.subject), let role = person.roles.lazy.compactMap(Role.init).first else {
            throw HTTPError(.forbidden, message: "Auth has given you no role here. Ask an admin for one.")
        }
        let viewer = PageViewer(session: session.id, user: AuthenticatedUser(id: id, role: role, name: person.name))
        let visit = try Visit(request, context, session, viewer, self, fields: fields)
        guard access.allows(viewer.user, path: { visit.parameter($0) }) else {
            throw HTTPError(.forbidden, message: "This page is for: \(access.summary). You are \(role.rawValue).")
        }
        return visit
    }

    /// The bar: the ways that the person has, their name, and the way out.
    func frame(of viewer: PageViewer, _ path: String) -> PageFrame {
        var frame = Self.bare
        let user = viewer.user
        frame.navigation = settings.places.items(for: user.role, at: settings.program, path)
        frame.person = PageFrame.Person(
            viewer.name,
            role: user.role.rawValue,
            to: settings.places.target(.auth, "/me") ?? "/",
            logout: login.logoutForm(of: viewer.session, button: "Log out of popug")
        )
        return frame
    }

    /// What the person's last action did, for one view.
    func message(for visit: Visit) async throws -> Message? {
        guard visit.hasMessage else { return nil }
        return try await login.sessions.store.takeMessage(for: visit.viewer.session).map {
            KeptMessage(text: $0).message
        }
    }

    /// - Throws: 503 where there are as many streams as there may be.
    func open(_ keys: Set<LiveKey>, _ feed: LiveFeed?, for visit: Visit) async throws -> LiveStream {
        do {
            // Told to each open page; those that do not show it take no notice.
            let keys = lag == nil ? keys : keys.union([HandlerLag.key])
            let stream = try await board.open(keys, session: visit.viewer.session)
            if let feed { await watch.feeds.add(feed, of: stream) }
            return stream
        } catch {
            throw HTTPError(
                .serviceUnavailable,
                headers: [.retryAfter: "30"],
                message: "As many pages are open as there may be; this one stays as it is."
            )
        }
    }

    static func redirect(to target: LinkTarget) -> Response {
        var headers = HTTPFields()
        headers[.location] = target.description
        headers[.cacheControl] = "no-store"
        return Response(status: .seeOther, headers: headers)
    }
}
