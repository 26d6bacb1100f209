import Hummingbird
import PageKit
import Perch
import PopugEvents

extension AuthPages {
    /// Who popug thinks somebody is.
    func me(_ request: Request) async throws -> Response {
        guard let session = try await session(of: request) else { return Self.redirect(to: "/login?to=%2Fme") }
        let user = session.user
        let facts = Facts([
            ("Name", .text(user.name)), ("E-mail", .text(user.email)), ("Role", .text(user.role.rawValue)),
        ])
        return Page(.ofAuth, heading: "You", body: facts.html).response()
    }
}
