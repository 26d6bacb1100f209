import HTTPTypes
import Hummingbird
import PageKit

/// The login at an OpenID Connect issuer: who has one of the roles there comes in by name.
struct IssuerLogin: ConsoleLogin {
    let login: OpenIDLogin
    let issuer: ConsoleIssuer
    let frame: PageFrame

    var programPaths: Set<String> { OpenIDLogin.programPaths }
    var canLogOut: Bool { true }

    func add(to router: Router<ConsoleContext>) { login.add(to: router) }

    func admit(_ request: Request) async throws -> Admission {
        let session = try await login.current(of: request)
        guard let role = issuer.role(of: session.person.roles) else { return .answer(refusal(of: session)) }
        let person = session.person
        // Names of an issuer are chosen by people; what the issuer means by one is its subject.
        let signature = person.name == person.subject ? person.name : "\(person.name) (\(person.subject))"
        let viewer = Viewer(session: session.id, name: person.name, signature: signature, role: role)
        return .viewer(viewer, notice: session.notice)
    }

    /// They are who they say, and may not look.
    private func refusal(of session: PageSession) -> Response {
        let told = session.person.roles.isEmpty ? "none" : session.person.roles.joined(separator: ", ")
        var frame = frame
        frame.person = .init(session.person.name, role: "no role", to: "/", logout: login.logoutForm(of: session.id))
        return Page(
            frame,
            heading: "You have no role here",
            body:
                "\(Paragraph("The claim \(issuer.roleClaim) of \(session.person.name) says: \(told). Ask who runs this console for a role."))"
        ).response(.forbidden)
    }
}
