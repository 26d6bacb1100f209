import HTTPKit
import HTTPTypes
import Hummingbird
import OpenSSL
import PageKit
import Times

/// The login of a console on this machine, as of a notebook: whoever has the token that it prints may do everything.
///
/// `/?token=…` sets the cookie and leads to the same page without the token. Without either there is a page with one field.
struct StandaloneLogin: ConsoleLogin {
    private static let life = Duration.seconds(12 * 3600)
    /// What the token is typed into. A form has a token of its own.
    private static let field = "login"

    let token: String
    private let name: String
    private let role: Role
    private let cookie: CookieName
    private let seal: CookieSeal
    private let frame: PageFrame

    /// - Parameters:
    ///   - port: The one that browsers see.
    ///   - keys: Those of this start: who logged in before has to again.
    init(name: String, role: Role, port: Int, keys: SecretKeys, frame: PageFrame) {
        (self.name, self.role, self.frame) = (name, role, frame)
        var generator = SystemRandomNumberGenerator()
        token = Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        cookie = CookieName("perch", port: port)
        seal = CookieSeal(keys)
    }

    var programPaths: Set<String> { [] }
    var canLogOut: Bool { false }

    func add(to router: Router<ConsoleContext>) {
        router.post("/login") { request, _ in
            let fields = try await FormFields(of: request)
            let target = fields["to"].flatMap { LinkTarget(path: $0) } ?? "/"
            guard accepts(fields[Self.field]) else {
                return page(leadingTo: target, error: "This is not the token of this start.").response(
                    .unprocessableContent
                )
            }
            return try admitted(to: target)
        }
    }

    func admit(_ request: Request) throws -> Admission {
        // First, so that the token leaves the address of who is logged in already, too.
        if request.method == .get, accepts(try FormFields(parsing: request.uri.query ?? "")["token"]) {
            return .answer(try admitted(to: Self.target(of: request)))
        }
        if let viewer = viewer(of: request) { return .viewer(viewer, notice: nil) }
        return .answer(try refusal(of: request))
    }

    private func viewer(of request: Request) -> Viewer? {
        guard let value = Cookies.value(of: cookie, in: request.headers), let session = seal.open(value, as: cookie),
            let text = String(validating: session, as: UTF8.self)
        else { return nil }
        return Viewer(session: text, name: name, role: role)
    }

    private func refusal(of request: Request) throws -> Response {
        guard request.method == .get, request.headers[.accept]?.contains("text/event-stream") != true else {
            throw HTTPError(.unauthorized, message: "Nobody is logged in here.")
        }
        return page(leadingTo: Self.target(of: request), error: nil).response(.unauthorized)
    }

    private static func target(of request: Request) -> LinkTarget { LinkTarget(path: request.uri.path) ?? "/" }

    private func accepts(_ text: String?) -> Bool {
        guard let text, text.utf8.count <= 64 else { return false }
        return SecureBytes.areEqual(Array(text.utf8), Array(token.utf8))
    }

    private func admitted(to target: LinkTarget) throws -> Response {
        var generator = SystemRandomNumberGenerator()
        let session = Base64URL.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        let value = try seal.seal(Array(session.utf8), as: cookie, until: .now + Self.life)
        var headers: HTTPFields = [.location: target.description]
        headers[.setCookie] = Cookies.line(cookie, value, life: Self.life)
        // The address with the token leads nowhere else.
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        return Response(status: .seeOther, headers: headers)
    }

    private func page(leadingTo target: LinkTarget, error: String?) -> Page {
        let fields = [
            FormField(
                Self.field,
                "Token",
                .password,
                hint: "The console has printed it at its start.",
                autocomplete: "off",
                isRequired: true,
                error: error
            ),
            FormField("to", "", .hidden, value: target.description),
        ]
        return Page(
            frame,
            heading: "Log in",
            errors: error == nil ? nil : ErrorSummary(of: fields),
            body: Form("/login", token: "none", fields: fields, button: "Log in").html
        )
    }
}
