import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import PageKit
import ServiceKit

/// The pages of auth: the login that all programs share, its end, and who somebody is.
struct AuthPages: ServicePages {
    /// So many an address, and twice as many at once: an office of a thousand whose programs ask again each 15 minutes needs 5.
    static let formsPerSecond = 10.0

    let provider: Provider
    let tokens: PageTokens
    let places: PopugPlaces
    /// Of a login.
    let cookie: CookieName
    /// Of a browser that has been shown a form to log in, so that the form serves nobody else.
    let browserCookie: CookieName
    /// Of a password that was made and not seen yet.
    let madeCookie: CookieName
    /// How often a form to log in is asked for, by address.
    private let rate: RequestRate
    private let hosts: OwnHosts?

    /// - Parameter instant: What requests are counted by.
    init(
        _ provider: Provider,
        places: PopugPlaces,
        instant: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        (self.provider, self.places) = (provider, places)
        rate = RequestRate(perSecond: Self.formsPerSecond, now: instant)
        tokens = PageTokens(database: provider.database)
        let port = URLComponents(string: provider.issuer.description)?.port
        (cookie, browserCookie) = (CookieName("auth", port: port), CookieName("auth-browser", port: port))
        madeCookie = CookieName("auth-made", port: port)
        hosts = OwnHosts(publicURL: provider.issuer.description)
    }

    func add(to routes: RouterGroup<APIContext>, proxies: TrustedProxies) {
        guard let hosts else { return }
        routes.add(middleware: SecurityHeaders())
        routes.add(middleware: errors)
        routes.add(middleware: HostCheck(hosts))
        routes.add(middleware: OwnOriginCheck(hosts))
        Assets.shared.add(to: routes)
        @Sendable func address(_ request: Request, _ context: APIContext) -> LoginAddress {
            LoginAddress(proxies.client(of: context.remoteAddress?.ipAddress ?? "", request.headers))
        }
        // Each may keep a row, for whoever asks.
        let check = RateCheck<APIContext>(rate) { request, context in address(request, context).description }
        let forms = routes.group().add(middleware: check)
        forms.get("/oauth/authorize") { request, _ in try await authorize(request) }
        forms.get("/login") { request, _ in try await beginLogin(request) }
        for path in ["/oauth/authorize", "/login"] as [RouterPath] {
            // Who asks whether there is a form gets none.
            routes.on(path, method: .head) { _, _ in Page(.ofAuth, heading: "Log in", body: .empty).response() }
        }
        routes.post("/login") { request, context in
            try await logIn(request, from: address(request, context))
        }
        get("/oauth/logout", in: routes) { request in try await askAboutLogout(request) }
        routes.post("/oauth/logout") { request, _ in try await logOut(request) }
        get("/logged-out", in: routes) { request in try await loggedOut(request) }
        get("/", in: routes) { _ in Self.redirect(to: "/me") }
        get("/me", in: routes) { request in try await me(request) }
        routes.post("/me/end") { request, _ in try await endOne(request) }
        routes.post("/me/end-all") { request, _ in try await endAll(request) }
        get("/users", in: routes) { request in try await users(request) }
        get("/users/new", in: routes) { request in try await askForUser(request) }
        get("/users/made", in: routes) { request in try await showMade(request) }
        routes.post("/users/new") { request, context in
            try await addUser(request, from: address(request, context))
        }
    }

    func missing(_ request: Request, context: APIContext) async throws -> Response {
        try await SecurityHeaders().handle(request, context: context) { _, _ in
            errors.page("There is nothing at this address.", .notFound)
        }
    }

    private func get(
        _ path: RouterPath,
        in routes: RouterGroup<APIContext>,
        _ answer: @escaping @Sendable (Request) async throws -> Response
    ) {
        for method in [HTTPRequest.Method.get, .head] {
            routes.on(path, method: method) { request, _ in try await answer(request) }
        }
    }

    // MARK: What pages share

    /// Who is logged in in this browser; nil: nobody.
    func session(of request: Request) async throws -> SSOSession? {
        if case .open(let session) = try await find(request) { session } else { nil }
    }

    /// What the cookie of this browser stands for; nil: it has none of ours.
    func find(_ request: Request) async throws -> FoundLogin? {
        try await provider.sso.find(Secret(Cookies.value(of: cookie, in: request.headers)))
    }

    /// Pages of what went wrong.
    var errors: PageErrors { PageErrors(frame: .ofAuth, logger: provider.logger) }

    static func userAgent(_ request: Request) -> String { request.headers[.userAgent] ?? "" }

    static func redirect(to address: String, cookies: [String] = []) -> Response {
        var headers = HTTPFields()
        headers[.location] = address
        headers[.cacheControl] = "no-store"
        // The address may have a code in it.
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(status: .seeOther, headers: headers)
    }
}

extension PageFrame {
    /// Around pages on which nobody is logged in.
    static var ofAuth: PageFrame { PageFrame(program: "popug", home: "/me") }
}
