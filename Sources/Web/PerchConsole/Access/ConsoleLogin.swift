import Hummingbird

/// How people come in: by the token of a console on this machine, or by an issuer.
protocol ConsoleLogin: Sendable {
    /// Adds its own pages, which nobody has to be logged in for.
    func add(to router: Router<ConsoleContext>)

    /// Whose request it is; nil: nobody's.
    func viewer(of request: Request) async -> Viewer?

    /// The answer to who is not logged in and asks for a page.
    func refusal(of request: Request) async throws -> Response

    /// The form that ends the session; nil where there is none to end.
    var logout: LogoutForm? { get }
}

/// Where a session is ended.
struct LogoutForm: Sendable {
    let path: String
}
