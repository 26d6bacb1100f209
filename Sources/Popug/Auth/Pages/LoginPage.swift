import Foundation
import HTTPTypes
import Hummingbird
import PageKit

/// The form to log in.
struct LoginPage {
    /// Why it is shown again.
    enum Problem: Error {
        case wrongCredentials
        case emailMissing
        case passwordMissing
        /// In seconds.
        case tooOften(Int)
        case busy
    }

    static let path: LinkTarget = "/login"

    let login: KeptLogin
    /// Who asks; nil: auth itself.
    let client: OpenIDClient?
    let token: String
    var email = ""
    var problem: Problem?

    /// What a token of the form is made for.
    static func action(_ login: UUID) -> String { "\(path.description) \(login.uuidString)" }

    func response() -> Response {
        var response = page.response(status, policy: ContentPolicy(formTargets: targets))
        if let seconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    /// A form's redirect counts for browsers: where the login leads back to, and nowhere else.
    private var targets: [LinkTarget] {
        guard case .client(let request) = login.goal, let origin = Address.origin(of: request.redirectURI) else {
            return []
        }
        return [LinkTarget(url: origin)].compactMap(\.self)
    }

    private var page: Page {
        let fields = [
            FormField(
                "email",
                "E-mail",
                .email,
                value: email,
                autocomplete: "username",
                isRequired: true,
                error: emailError
            ),
            FormField(
                "password",
                "Password",
                .password,
                autocomplete: "current-password",
                isRequired: true,
                canBeShown: true,
                error: passwordError
            ),
        ]
        let id = FormField("login", "", .hidden, value: login.id.uuidString)
        let form = Form(Self.path, token: token, fields: [id] + fields, button: "Log in")
        let asking = client.map { Paragraph("to go on to \($0.name)").html } ?? .empty
        return Page(
            .ofAuth,
            heading: "Log in",
            notices: notice.map { [$0] } ?? [],
            errors: ErrorSummary(of: fields),
            body: "\(asking)\(form)"
        )
    }

    private var status: HTTPResponse.Status {
        switch problem {
        case nil: .ok
        case .tooOften, .busy: .tooManyRequests
        default: .unprocessableContent
        }
    }

    private var seconds: Int? {
        switch problem {
        case .tooOften(let seconds): seconds
        case .busy: 2
        default: nil
        }
    }

    private var notice: Notice? {
        switch problem {
        case .tooOften(let seconds): Notice("Too many tries:", "again \(Wait(seconds))")
        case .busy: Notice("Too many people log in just now:", "again \(Wait(2))")
        default: nil
        }
    }

    private var emailError: String? {
        switch problem {
        case .wrongCredentials: "E-mail or password is wrong"
        case .emailMissing: "Enter your e-mail"
        default: nil
        }
    }

    private var passwordError: String? { if case .passwordMissing = problem { "Enter your password" } else { nil } }
}
