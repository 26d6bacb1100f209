import PageKit
import PerchOperating

/// A server that did not give what was asked of it: what happened, and what helps.
enum ServerProblemHelp {
    /// Both, each a sentence.
    static func sentences(_ problem: ServerProblem) -> String {
        "\(problem.server): \(VisibleText.of(message(problem))). \(advice(problem))"
    }

    /// What a page lacks since they did not tell.
    static func notices(_ problems: [ServerProblem]) -> [Notice] {
        problems.map { Notice("\($0.server) does not tell", HTML(sentences($0))) }
    }

    static func message(_ problem: ServerProblem) -> String {
        let (place, reason) = (problem.address ?? "it", problem.reason ?? "it does not say why")
        return switch problem.kind {
        case .notConfigured: "its address is not known"
        case .wrongPassword: "\(place) does not let us in: \(reason)"
        case .notPermitted: "\(problem.user.map { "the user \($0)" } ?? place) may not do that: \(reason)"
        case .unreachable where problem.isSilent: "\(place) does not answer: \(reason)"
        case .notMigrated: "\(place) lacks what this version of Perch needs: \(reason)"
        default: reason
        }
    }

    static func advice(_ problem: ServerProblem) -> String {
        let setting = problem.service.map { ServerProblem.variable(of: $0) } ?? "REDIS_URL"
        return switch problem.kind {
        case .notConfigured: "Set \(setting), or the context's, and start the console again."
        case .wrongPassword: "Correct user and password of \(setting)."
        case .notPermitted: "Use a user with that right in \(setting)."
        case .unreachable where problem.isSilent: "It may be overloaded, frozen or cut off: look at the server."
        case .unreachable: "Start it, or correct \(setting)."
        case .notMigrated: "Run the migrations of \(problem.service ?? "the service"), or correct \(setting)."
        default: "See the server's log."
        }
    }
}
