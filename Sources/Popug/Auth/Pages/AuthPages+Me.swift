import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres

extension AuthPages {
    private static let endPath: LinkTarget = "/me/end"
    private static let endAllPath: LinkTarget = "/me/end-all"

    /// Who popug thinks somebody is, and where they are logged in.
    func me(_ request: Request) async throws -> Response {
        guard let session = try await session(of: request) else { return Self.redirectToLogin("/me") }
        let user = session.user
        let facts = Facts([
            ("Name", .text(user.name)), ("E-mail", .text(user.email)), ("Role", .text(user.role.rawValue)),
        ])
        let clock = Self.clock(request, provider.now())
        let forms = try await tokens.forms()
        let rows = try await provider.sso.open(of: user.userID).map { open in
            row(of: open, isThis: open.id == session.id, clock) { action in
                forms.token(session: session.id.text, action: action)
            }
        }
        let table = DataTable(
            id: "sessions",
            caption: "Where you are logged in",
            isCaptionHidden: true,
            columns: [.init("Browser"), .init("Since"), .init("Last used"), .init("Action")],
            rows: rows
        )
        let endAll = Form(
            Self.endAllPath,
            token: forms.token(session: session.id.text, action: Self.endAllPath.description),
            button: "Log out everywhere",
            weight: .danger
        )
        let page = Page(
            try await frame(of: session, "/me"),
            heading: "You",
            message: try await message(of: session),
            body: "\(facts)\(Section("Where you are logged in", id: "sessions-of-you", [table, endAll]))"
        )
        return page.response()
    }

    private func row(
        of open: OpenLogin,
        isThis: Bool,
        _ clock: PageClock,
        _ token: (String) -> String
    ) -> [DataTable.Cell] {
        let words = BrowserName(open.userAgent).description
        let name: HTML = isThis ? "\(words) \(Badge("this one", .info))" : "\(words)"
        let form = Form(
            Self.endPath,
            token: token(Self.action(open.id)),
            fields: [FormField("session", "", .hidden, value: open.id.text, form: "s-\(open.id.text)")],
            button: "End",
            buttonLabel: "End \(words), since \(clock.exact(open.beganAt))",
            weight: .secondary
        )
        return [
            .init(.html(name)), .init(.component(TimeText(open.beganAt, clock))),
            .init(.component(TimeText(open.lastUsedAt, clock))), .init(.component(form)),
        ]
    }

    private static func action(_ session: UUID) -> String { "\(endPath.description) \(session.text)" }

    /// Ends one of the person's own logins.
    func endOne(_ request: Request) async throws -> Response {
        let (session, fields) = try await sender(of: request)
        guard let id = fields["session"].flatMap(UUID.init(uuidString:)),
            try await tokens.forms().accepts(
                fields[FormTokens.field],
                session: session.id.text,
                action: Self.action(id)
            )
        else { throw HTTPError(.forbidden, message: "This form was not made for this login.") }
        // The token was made for one that is listed, which is the person's own.
        try await provider.sso.end(id, .revoked)
        await provider.awaitTelling(ofEndOf: id)
        if id == session.id {
            return Self.redirect(to: "/logged-out?session=\(id.text)", cookies: [Cookies.removal(of: cookie)])
        }
        try await provider.sso.leave("This login has ended.", for: session.id)
        return Self.redirect(to: "/me")
    }

    /// Ends all of them, and all that programs hold.
    func endAll(_ request: Request) async throws -> Response {
        let (session, fields) = try await sender(of: request)
        guard
            try await tokens.forms().accepts(
                fields[FormTokens.field],
                session: session.id.text,
                action: Self.endAllPath.description
            )
        else { throw HTTPError(.forbidden, message: "This form was not made for this login.") }
        _ = try await provider.users.endSessions(of: session.user.userID, in: provider.database)
        await provider.awaitTelling(ofEndsOf: session.user.userID)
        let target = "/logged-out?session=\(session.id.text)"
        return Self.redirect(to: target, cookies: [Cookies.removal(of: cookie)])
    }
}
