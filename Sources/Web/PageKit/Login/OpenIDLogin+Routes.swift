import HTTPTypes
package import Hummingbird
import Logging
import Times

extension OpenIDLogin {
    /// Adds the routes. Middleware that was added before is around them.
    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        router.get("/login") { request, _ in try await begin(request) }
        router.get(RouterPath(Self.callbackPath)) { request, _ in try await finish(request) }
        router.post(RouterPath(Self.logoutPath)) { request, _ in try await logOut(request) }
        router.get("/logout/issuer") { request, _ in await leadToLogout(request) }
        router.get("/logout/done") { _, _ in
            page("You are logged out", "You are logged out here.", link: ("Log in", "/login")).response()
        }
        router.post("/logout/backchannel") { request, _ in try await endByIssuer(request) }
    }

    /// Leads to the issuer, with a cookie that its answer is held against.
    private func begin(_ request: Request) async throws -> Response {
        let fields = try? FormFields(parsing: request.uri.query ?? "")
        let target = Self.own(fields?["to"]) ?? "/"
        let session = try await known(of: request)
        let renews = fields?["renew"] == "1"
        // Somebody went back to a login that is done.
        if let session, !renews, !session.isDue(now()) { return Self.redirect(to: target) }
        do {
            let provider = try await discovery.present()
            let attempt = LoginAttempt(path: target, renews: renews ? session?.id : nil, now: now())
            guard let cookies = try? attempts.begin(attempt, in: request.headers, now: now()) else {
                throw LoginError(.failed, "the attempt does not fit into a cookie")
            }
            return lead(to: attempt.request(to: provider, settings), cookies: cookies)
        } catch let error as LoginError {
            return failure(error, target: target)
        }
    }

    /// Takes the issuer's answer.
    private func finish(_ request: Request) async throws -> Response {
        var target: LinkTarget = "/"
        var cookies: [String] = []
        do {
            let answer = try LoginAnswer(request.uri.query)
            let attempt = try attempt(of: answer, request)
            cookies = [attempts.end(attempt.name)]
            target = Self.own(attempt.path) ?? "/"
            guard !attempt.isOver(now()) else { throw LoginError(.tookTooLong, "the attempt is over") }
            cookies += try await take(answer, attempt, request)
            return quiet(Self.redirect(to: target, cookies: cookies))
        } catch is NeedsPerson {
            let removal = Cookies.removal(of: cookie)
            return quiet(Self.redirect(to: Self.loginPath(target.description), cookies: cookies + [removal]))
        } catch let error as LoginError {
            return quiet(failure(error, target: target, cookies: cookies))
        }
    }

    private func attempt(of answer: LoginAnswer, _ request: Request) throws(LoginError) -> LoginAttempt {
        guard let name = LoginAttempt.name(ofState: answer.state) else {
            throw LoginError(.notAsked, "a state that is none of ours")
        }
        guard let attempt = attempts.attempt(name, in: request.headers, now: now()) else {
            throw LoginError(.notKept, "no cookie of this attempt")
        }
        guard tokensAreEqual(attempt.state, answer.state) else { throw LoginError(.notAsked, "another state") }
        return attempt
    }

    /// - Returns: The cookies of the session.
    private func take(_ answer: LoginAnswer, _ attempt: LoginAttempt, _ request: Request) async throws -> [String] {
        let before = try await known(of: request)
        let renewed = before.flatMap { $0.id == attempt.renews ? $0 : nil }
        do {
            let provider = try await discovery.provider()
            try answer.checkIssuer(provider, settings)
            if attempt.renews != nil, answer.needsPerson {
                if let renewed { try await sessions.end(renewed.id) }
                throw NeedsPerson()
            }
            let token = try await exchange.token(for: answer.grantedCode(), attempt, at: provider)
            let claims = try await keys.claims(of: token, types: IDToken.types)
            let identity = try IDToken(claims, settings: settings, nonce: attempt.nonce, now: now())
            return try await enter(identity, token, attempt, before)
        } catch {
            guard let renewed, let found = error as? LoginError else { throw error }
            if found.endsSession {
                try await sessions.end(renewed.id)
                throw found
            }
            try await sessions.noteFailedRenewal(renewed.id)
            if found.code == .notVerified || renewed.isOverdue(now()) { throw found }
            // The session is as good as before.
            log(found, RandomText.name())
            return []
        }
    }

    private func enter(_ identity: IDToken, _ idToken: String, _ attempt: LoginAttempt, _ before: PageSession?)
        async throws -> [String]
    {
        if let before {
            // Renewed; or another tab was faster.
            if before.id == attempt.renews || before.started >= attempt.began,
                try await sessions.renew(before.id, identity.person, idToken: idToken, issuedAt: identity.issuedAt)
            {
                return []
            }
            // Another person, or a new login: the old number is worth nothing from now on.
            try await sessions.end(before.id)
        }
        let (secret, session) = try await sessions.begin(
            identity.person,
            idToken: idToken,
            issuedAt: identity.issuedAt
        )
        let value = try seal.seal(secret, as: cookie, until: session.started + PageSession.longestLife)
        return [Cookies.line(cookie, value, reach: .lax, life: PageSession.longestLife)]
    }

    /// The address has a code in it, which no other page shall be told.
    private func quiet(_ response: Response) -> Response {
        var response = response
        if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
        return response
    }
}

/// The issuer would have to ask the person, and was told not to.
private struct NeedsPerson: Error {}
