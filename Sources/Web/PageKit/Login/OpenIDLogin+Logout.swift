import HTTPTypes
import Hummingbird
import Logging
import Times

extension OpenIDLogin {
    /// Ends the session here. The rest is a page's own: a form may not lead to the issuer.
    func logOut(_ request: Request) async throws -> Response {
        let removal = Cookies.removal(of: cookie)
        guard let session = try await known(of: request) else {
            return Self.redirect(to: "/logout/done", cookies: [removal])
        }
        let fields = try await FormFields(of: request)
        guard tokens.accepts(fields[FormTokens.field], session: session.id, action: Self.logoutPath) else {
            throw HTTPError(.forbidden, message: "This was not sent by a page of ours.")
        }
        try await sessions.end(session.id)
        let provider = try? await discovery.provider()
        let target: LinkTarget = provider?.endSessionEndpoint == nil ? "/logout/done" : "/logout/issuer"
        return Self.redirect(to: target, cookies: [removal] + hint(of: session))
    }

    /// The cookie that carries the session's ID token to the page that leads on: the address of a form's answer has none.
    private func hint(of session: PageSession) -> [String] {
        let end = now() + Self.hintLife
        guard let token = session.idToken, let value = try? seal.seal(Array(token.utf8), as: hintCookie, until: end)
        else {
            return []
        }
        return [Cookies.line(hintCookie, value, reach: .lax, life: Self.hintLife)]
    }

    private func hint(in request: Request) -> String? {
        guard let value = Cookies.value(of: hintCookie, in: request.headers) else { return nil }
        return seal.open(value, as: hintCookie, now: now()).map { String(decoding: $0, as: UTF8.self) }
    }

    private var hintCookie: CookieName { CookieName("\(program)-logout", port: settings.port) }
    private static let hintLife = Duration.seconds(60)

    /// The person is logged out at the issuer, too. With the ID token of that very login it need not ask them once more.
    ///
    /// [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)
    func leadToLogout(_ request: Request) async -> Response {
        do {
            guard let endpoint = try await discovery.present().endSessionEndpoint else {
                return Self.redirect(to: "/logout/done")
            }
            let hint = hint(in: request)
            let fields =
                [
                    ("client_id", settings.clientID),
                    ("post_logout_redirect_uri", settings.publicURL + "/logout/done"),
                ] + (hint.map { [("id_token_hint", $0)] } ?? [])
            return lead(
                to: LoginAttempt.url(endpoint, fields),
                leadsToLogout: true,
                cookies: [Cookies.removal(of: hintCookie)]
            )
        } catch {
            return failure(error, target: "/")
        }
    }

    /// The issuer says who has logged out there. It is believed by its token alone.
    func endByIssuer(_ request: Request) async throws -> Response {
        do {
            let fields: FormFields
            do {
                fields = try await FormFields(of: request)
            } catch let error as HTTPError {
                return answer(error.status)
            }
            guard let text = fields["logout_token"] else { throw LoginError(.notVerified, "no token of a logout") }
            let claims = try await keys.claims(of: text, types: LogoutToken.types)
            let count = try await sessions.end(LogoutToken(claims, settings: settings, now: now()))
            logger.info("the issuer has ended sessions", metadata: ["count": "\(count)"])
            return answer(.ok)
        } catch let error as LoginError {
            log(error, RandomText.name())
            return answer(error.code == .notVerified ? .badRequest : .serviceUnavailable)
        }
    }

    private func answer(_ status: HTTPResponse.Status) -> Response {
        var headers = HTTPFields()
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers)
    }
}
