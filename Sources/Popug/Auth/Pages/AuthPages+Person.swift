import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// What pages have in common on which somebody is logged in.
extension AuthPages {
    /// The bar on top: what the person may, their name, and the way out.
    func frame(of session: SSOSession, _ path: String) async throws -> PageFrame {
        let logout = Form(
            Self.logoutPath,
            token: try await tokens.forms().token(session: session.id.text, action: Self.logoutPath.description),
            button: "Log out of popug",
            weight: .secondary
        )
        var frame = PageFrame.ofAuth
        frame.navigation = places.items(for: session.user.role, at: .auth, path)
        frame.person = PageFrame.Person(
            session.user.name,
            role: session.user.role.rawValue,
            to: "/me",
            logout: logout
        )
        return frame
    }

    /// What the person's last action did, for one view.
    func message(of session: SSOSession) async throws -> Message? {
        try await provider.sso.takeMessage(of: session.id).map { Message("\($0)") }
    }

    static func redirectToLogin(_ path: String) -> Response {
        redirect(to: Address.adding([("to", path)], to: "/login"))
    }

    static func clock(_ request: Request, _ now: Timestamp) -> PageClock {
        let zone = Cookies.value(of: "tz", in: request.headers)?.removingPercentEncoding
        return PageClock(now: now, zoneName: zone)
    }

    /// Whoever sends a form, with its fields.
    ///
    /// - Throws: `HTTPError` 401 where nobody is logged in.
    func sender(of request: Request) async throws -> (session: SSOSession, fields: FormFields) {
        let fields = try await FormFields(of: request)
        guard let session = try await session(of: request) else {
            throw HTTPError(.unauthorized, message: "You are logged out: log in, and send it again.")
        }
        return (session, fields)
    }
}
