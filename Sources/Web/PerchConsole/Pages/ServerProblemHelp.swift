import PageKit
import PerchOperating

/// A server that did not give what was asked of it: what happened, and what helps.
struct ServerProblemHelp {
    let server: String
    let message: String
    /// A sentence.
    let advice: String

    /// Both, each a sentence.
    var sentences: String { "\(message). \(advice)" }

    init(_ problem: ServerProblem) {
        server = problem.server
        let (place, reason) = (problem.address ?? "it", VisibleText.of(problem.reason ?? "it does not say why"))
        let setting = problem.service.map { ServerProblem.variable(of: $0) } ?? "REDIS_URL"
        (message, advice) =
            switch problem.kind {
            case .notConfigured:
                ("its address is not known", "Set \(setting), or the context's, and start the console again.")
            case .wrongPassword:
                ("\(place) does not let us in: \(reason)", "Correct user and password of \(setting).")
            case .notPermitted:
                (
                    "\(problem.user.map { "the user \($0)" } ?? place) may not do that: \(reason)",
                    "Use a user with that right in \(setting)."
                )
            case .unreachable where problem.isSilent:
                ("\(place) does not answer: \(reason)", "It may be overloaded, frozen or cut off: look at the server.")
            case .unreachable: (reason, "Start it, or correct \(setting).")
            case .notMigrated:
                (
                    "\(place) lacks what this version of Perch needs: \(reason)",
                    "Run the migrations of \(problem.service ?? "the service"), or correct \(setting)."
                )
            default: (reason, "See the server's log.")
            }
    }
}
