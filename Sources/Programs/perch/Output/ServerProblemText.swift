import OperatorSettings
import PerchOperating

/// What is said of a server that did not give what was asked of it.
enum ServerProblemText {
    /// `Redis: nothing answers at …: connection refused. Start it, or correct …`
    static func sentence(_ problem: ServerProblem) -> Shown {
        let (message, advice) = ServerProblemWords.of(problem)
        return "\(problem.server): \(message). \(advice)"
    }
}
