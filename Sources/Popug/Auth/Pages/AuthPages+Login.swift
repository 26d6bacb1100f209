import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import ServiceKit

extension AuthPages {
    /// Leads to a page of auth itself, by the form where nobody is logged in.
    func beginLogin(_ request: Request) async throws -> Response {
        let path = try FormFields(parsing: request.uri.query ?? "")["to"]
        let target = path.flatMap { $0.utf8.count <= 1000 ? LinkTarget(path: $0) : nil } ?? "/me"
        if try await session(of: request) != nil { return Self.redirect(to: target.description) }
        return try await askToLogIn(for: .page(path: target.description), request)
    }

    /// Shows the form, for this browser alone.
    func askToLogIn(for goal: KeptLogin.Goal, _ request: Request) async throws -> Response {
        let known = browser(of: request)
        let browser = known ?? Secret()
        let login = try await provider.kept.keep(goal, for: browser)
        var response = try await form(for: login, of: browser).response()
        if known == nil {
            let line = Cookies.line(browserCookie, browser.text, reach: .lax)
            response.headers.append(HTTPField(name: .setCookie, value: line))
        }
        return response
    }

    /// Takes the form.
    func logIn(_ request: Request, from address: LoginAddress) async throws -> Response {
        let fields = try await FormFields(of: request)
        guard let browser = browser(of: request) else {
            return errors.page(
                "Your browser did not keep the login: these pages need https, except on this machine.",
                .badRequest,
                heading: "You are not logged in"
            )
        }
        guard let id = fields["login"].flatMap(UUID.init(uuidString:)),
            try await tokens.forms().accepts(
                fields[FormTokens.field],
                session: browser.text,
                action: LoginPage.action(id)
            )
        else { throw HTTPError(.forbidden, message: "This form was not made for this browser.") }
        guard let login = try await provider.kept.login(id, of: browser), isStillRegistered(login) else {
            return errors.page(
                "The login took too long: go back to where you came from, and log in again.",
                .badRequest,
                heading: "You are not logged in"
            )
        }
        var form = try await form(for: login, of: browser)
        form.email = fields["email"] ?? ""
        do {
            let proven = try await prove(form.email, fields["password"] ?? "", from: address)
            return try await enter(proven, login, request)
        } catch let problem as LoginPage.Problem {
            form.problem = problem
        } catch LoginRefusal.wrongCredentials {
            form.problem = .wrongCredentials
        } catch LoginRefusal.tooOften(let seconds) {
            form.problem = .tooOften(seconds)
        } catch is PasswordHasher.Busy {
            form.problem = .busy
        }
        return form.response()
    }

    private func prove(_ email: String, _ password: String, from address: LoginAddress) async throws -> Logins.Proven {
        let email = NewUser.trimmed(email)
        guard !email.isEmpty else { throw LoginPage.Problem.emailMissing }
        guard !password.isEmpty else { throw LoginPage.Problem.passwordMissing }
        // Nobody has such ones.
        guard email.unicodeScalars.count <= 254, !email.unicodeScalars.contains("\0"),
            password.unicodeScalars.count <= 256
        else { throw LoginRefusal.wrongCredentials }
        return try await provider.logins.prove(email: email, password: password, from: address)
    }

    private func enter(_ proven: Logins.Proven, _ login: KeptLogin, _ request: Request) async throws -> Response {
        let before = try await session(of: request)
        let (secret, session) = try await provider.sso.begin(
            for: proven.user,
            ifPasswordIs: proven.version,
            userAgent: Self.userAgent(request),
            insteadOf: before?.id,
            alongside: proven.remember
        )
        // Whoever logs in does not wait for those who had the session before.
        if before != nil { provider.logouts.bell.ring() }
        let cookies = [Cookies.line(cookie, secret.text, reach: .lax, life: SSOSession.lifetime)]
        switch login.goal {
        case .page(let path): return Self.redirect(to: path, cookies: cookies)
        case .client(let asked):
            guard let answer = try await answer(asked, of: session, request, cookies: cookies) else {
                throw LoginRefusal.wrongCredentials
            }
            return answer
        }
    }

    // MARK: Parts

    private func browser(of request: Request) -> Secret? {
        Secret(Cookies.value(of: browserCookie, in: request.headers))
    }

    private func form(for login: KeptLogin, of browser: Secret) async throws -> LoginPage {
        let token = try await tokens.forms().token(session: browser.text, action: LoginPage.action(login.id))
        let client: OpenIDClient? =
            if case .client(let request) = login.goal { provider.clients.client(request.client) } else { nil }
        return LoginPage(login: login, client: client, token: token)
    }

    /// The file of clients may be another by now.
    private func isStillRegistered(_ login: KeptLogin) -> Bool {
        guard case .client(let request) = login.goal else { return true }
        return provider.clients.client(request.client)?.leads(backTo: request.redirectURI) ?? false
    }
}
