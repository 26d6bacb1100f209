import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import ServiceKit

extension AuthPages {
    static let logoutPath: LinkTarget = "/oauth/logout"

    /// Asks whether to log out; a client that shows an ID token of this very session has asked already.
    func askAboutLogout(_ request: Request) async throws -> Response {
        let fields = try FormFields(parsing: request.uri.query ?? "")
        let hint = try await provider.hint(fields["id_token_hint"])
        let asked = EndSessionRequest(fields, hint: hint, clients: provider.clients)
        guard case .open(let session) = try await find(request) else { return try await over(request, asked) }
        if hint?.session == session.id { return try await end(session, asked) }
        let form = Form(
            Self.logoutPath,
            token: try await tokens.forms().token(session: session.id.text, action: Self.logoutPath.description),
            fields: asked.fields.map { FormField($0, "", .hidden, value: $1) },
            button: "Log out of popug",
            back: asked.back
        )
        let body = ConfirmPage(
            "You are logged in as \(session.user.name). This ends it in all programs that this browser has logged in to.",
            form: form
        )
        return Page(.ofAuth, heading: "Log out?", body: body.html).response()
    }

    func logOut(_ request: Request) async throws -> Response {
        let fields = try await FormFields(of: request)
        let asked = EndSessionRequest(fields, hint: nil, clients: provider.clients)
        // Somebody sent it twice, or another tab was faster.
        guard case .open(let session) = try await find(request) else { return try await over(request, asked) }
        guard
            try await tokens.forms().accepts(
                fields[FormTokens.field],
                session: session.id.text,
                action: Self.logoutPath.description
            )
        else { throw HTTPError(.forbidden, message: "This form was not made for this login.") }
        return try await end(session, asked)
    }

    private func end(_ session: SSOSession, _ asked: EndSessionRequest) async throws -> Response {
        try await provider.sso.end(session.id, .revoked)
        await provider.awaitTelling(ofEndOf: session.id)
        return Self.done(session.id, asked, cookies: [Cookies.removal(of: cookie)])
    }

    /// Whatever has ended it, and whenever: the person learns who knows.
    private func over(_ request: Request, _ asked: EndSessionRequest) async throws -> Response {
        guard case .over(let login) = try await find(request) else { return Self.done(nil, asked) }
        await provider.awaitTelling(ofEndOf: login)
        return Self.done(login, asked, cookies: [Cookies.removal(of: cookie)])
    }

    private static func done(_ session: UUID?, _ asked: EndSessionRequest, cookies: [String] = []) -> Response {
        redirect(to: Address.adding([("session", session?.text)] + asked.fields, to: "/logged-out"), cookies: cookies)
    }

    /// Says what has ended, and what has not yet.
    func loggedOut(_ request: Request) async throws -> Response {
        let fields = try FormFields(parsing: request.uri.query ?? "")
        let asked = EndSessionRequest(fields, hint: nil, clients: provider.clients)
        let id = fields["session"].flatMap(UUID.init(uuidString:))
        // Whatever has ended: this browser has a login.
        if let session = try await session(of: request) {
            return errors.page("You are logged in as \(session.user.name).", .ok, heading: "You are not logged out")
        }
        let told = if let id { try await provider.logouts.told(of: id) } else { [Logouts.Told]?.none }
        let words = LoggedOutWords(told ?? [])
        let link = asked.back.map { back in
            Paragraph("\(Link("Back to \(asked.client?.name ?? "")", to: back, isButton: true))").html
        }
        let remaining = words.remaining.map { Paragraph("\($0)").html }
        let body = [Paragraph("\(words.ended)").html, remaining, link].compactMap(\.self)
        return Page(.ofAuth, heading: "You are logged out", body: HTML(body)).response()
    }
}
