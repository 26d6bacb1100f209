import HTTPKit
import HTTPTypes
package import Hummingbird
package import Logging
import ServiceLifecycle
package import Times

/// Lets people log in at an OpenID issuer, and keeps who they are for our pages. One for all of a program.
///
/// Add its routes to the router, run it as a service, and ask `current(of:)` in each page. The routes:
///
///     GET  /login                 leads to the issuer
///     GET  /login/callback        where the issuer leads back to
///     POST /logout                ends the session; the form is `logoutForm`
///     GET  /logout/issuer         leads to the issuer's own logout, where it has one
///     GET  /logout/done           says that it is done
///     POST /logout/backchannel    where the issuer ends sessions; `OwnOriginCheck` has to let it pass: `programPaths`
///
/// A page that leads to the issuer does so by a `Refresh` of its own and not by a redirect: where a form was sent, browsers hold
/// redirects to other origins against the content policy of the page that had the form.
package struct OpenIDLogin: Service {
    static let callbackPath = "/login/callback"
    static let logoutPath = "/logout"
    /// What programs ask, and no page of ours.
    package static let programPaths: Set<String> = ["/logout/backchannel"]

    let settings: OpenIDSettings
    let program: String
    /// The sessions.
    package let sessions: PageSessions
    let discovery: OpenIDDiscovery
    let keys: LoginKeys
    let exchange: CodeExchange
    let attempts: LoginAttempts
    let seal: CookieSeal
    /// Of forms, by the same keys.
    package let tokens: FormTokens
    /// The cookie of a session.
    package let cookie: CookieName
    let hasEndWithoutIssuer: Bool
    let frame: @Sendable () -> PageFrame
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// - Parameters:
    ///   - program: Is in the names of the cookies: `perch`.
    ///   - keys: Seal cookies and forms.
    ///   - store: Where sessions are kept. Default: in the program's memory.
    ///   - hasEndWithoutIssuer: Pages are shown no more to whom the issuer could not be asked about for an hour beyond those 15 minutes.
    ///     Default: whoever is logged in stays so while the issuer is away.
    ///   - patience: How long the issuer may take for an answer. Default 5 s.
    ///   - frame: Around the pages of the login. Nobody is logged in there.
    ///   - now: For tests. Default: the system's clock.
    ///   - instant: For tests. Default: a clock that nobody sets.
    ///   - onEnd: Is told of each session that has ended, however: end its streams.
    package init(
        _ settings: OpenIDSettings,
        program: String,
        keys secrets: SecretKeys,
        store: any SessionStore = MemorySessions(),
        hasEndWithoutIssuer: Bool = false,
        patience: Duration = .seconds(5),
        logger: Logger,
        frame: @escaping @Sendable () -> PageFrame,
        now: @escaping @Sendable () -> Timestamp = { .now },
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        onEnd: @escaping PageSessions.OnEnd = { _ in }
    ) {
        (self.settings, self.program, self.frame, self.now, self.logger) = (settings, program, frame, now, logger)
        self.hasEndWithoutIssuer = hasEndWithoutIssuer
        sessions = PageSessions(store: store, now: now, onEnd: onEnd)
        let address = (Issuer(settings.issuer)?.description ?? settings.issuer) + "/.well-known/openid-configuration"
        discovery = OpenIDDiscovery(issuer: settings.issuer, logger: logger, now: instant) {
            try await OpenIDFetch.document(settings.internally(address), within: patience)
        }
        keys = LoginKeys(settings, discovery: discovery, patience: patience, logger: logger, now: instant)
        exchange = CodeExchange(settings: settings, patience: patience)
        (seal, tokens) = (CookieSeal(secrets), FormTokens(secrets))
        cookie = CookieName(program, port: settings.port)
        attempts = LoginAttempts(program: program, port: settings.port, seal: seal)
    }

    /// Ends sessions whose time is over, until the program ends. Without it they end with the next request, and their streams do not.
    package func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                try await sessions.sweep()
            } catch {
                logger.warning("sessions of pages were not looked through", metadata: ["error": "\(error)"])
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(5)) }
        }
    }

    /// Whose request it is, for a page that needs somebody.
    ///
    /// Where what the issuer said is 15 minutes old, the browser is led past the issuer first; while that does not answer, the session
    /// goes on and has a notice.
    ///
    /// - Throws: Without a session `LoginDetour`, 303 to the login and from there back, where a page is loaded by GET, and `HTTPError` 401 for
    ///   all else, such as what a script asks for; 503 where the issuer has been away for as long as sessions may go on without it; what
    ///   the store of sessions throws.
    package func current(of request: Request) async throws -> PageSession {
        guard var session = try await known(of: request) else {
            guard Self.loadsPage(request) else { throw Self.unauthorized }
            throw LoginDetour(target: Self.loginPath(request.uri.string))
        }
        let now = now()
        guard session.isDue(now) else { return session }
        session.isRenewalLate = true
        if session.waitsForRenewal(now) { return session }
        guard (try? await discovery.present()) != nil else {
            guard hasEndWithoutIssuer, session.isOverdue(now) else { return session }
            throw HTTPError(
                .serviceUnavailable,
                headers: [.retryAfter: "10"],
                message:
                    "Your login could not be renewed for an hour: the issuer does not answer. Try again in a moment."
            )
        }
        if Self.loadsPage(request) { throw LoginDetour(target: Self.loginPath(request.uri.string, renew: true)) }
        guard !session.isOverdue(now) else { throw Self.unauthorized }
        session.isRenewalLate = false
        return session
    }

    /// Whose request it is, for a page that is for everybody; nil: nobody's. It leads nobody anywhere.
    ///
    /// - Throws: where the store of sessions cannot tell.
    package func known(of request: Request) async throws -> PageSession? {
        guard let value = Cookies.value(of: cookie, in: request.headers),
            let secret = seal.open(value, as: cookie, now: now())
        else { return nil }
        return try await sessions.session(of: secret)
    }

    /// The form that ends a session, for the bar on top.
    ///
    /// - Parameter id: Of the session.
    package func logoutForm(of id: String, button: String = "Log out") -> Form {
        Form("/logout", token: logoutToken(of: id), button: button, weight: .secondary)
    }

    func logoutToken(of id: String) -> String { tokens.token(session: id, action: Self.logoutPath) }

    /// Whether a browser asks for a page to show it, and not a script for something.
    private static func loadsPage(_ request: Request) -> Bool {
        guard request.method == .get else { return false }
        return HTTPField.Name("Sec-Fetch-Mode").flatMap { request.headers[$0] }.map { $0 == "navigate" } ?? true
    }

    private static var unauthorized: HTTPError { HTTPError(.unauthorized, message: "Log in first.") }

    static func loginPath(_ path: String, renew: Bool = false) -> LinkTarget {
        LinkTarget(["login"], query: [("to", own(path)?.description), ("renew", renew ? "1" : nil)]) ?? "/login"
    }

    /// A page of ours that a login may end at; nil for any other, and for the login's own.
    static func own(_ path: String?) -> LinkTarget? {
        guard let path, path.utf8.count <= LoginAttempt.longestPath, let target = LinkTarget(path: path) else {
            return nil
        }
        let first = path.dropFirst().prefix { !"/?#".contains($0) }
        return ["login", "logout"].contains(first) ? nil : target
    }

    static func redirect(to target: LinkTarget, cookies: [String] = []) -> Response {
        var headers = HTTPFields()
        headers[.location] = target.description
        headers[.cacheControl] = "no-store"
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(status: .seeOther, headers: headers)
    }
}
