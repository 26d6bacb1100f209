import Hummingbird
import PageKit

/// How people come in: by the token of a console on this machine, or by an issuer.
protocol ConsoleLogin: Sendable {
    /// What programs ask without a page of ours.
    var programPaths: Set<String> { get }

    /// Whether there is a session that a person can end.
    var canLogOut: Bool { get }

    /// Adds its own pages, which nobody has to be logged in for.
    func add(to router: Router<ConsoleContext>)

    /// Whose request it is, or what is answered to who has to log in first.
    func admit(_ request: Request) async throws -> Admission
}

/// Who comes in.
enum Admission {
    /// Somebody, with what each page tells them about their login.
    case viewer(Viewer, notice: Notice?)
    /// Nobody: this is the answer.
    case answer(Response)
}
