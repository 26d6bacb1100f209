import Logging
import PerchOperating

/// What is told of an error, and what of it goes into the log alone: it may quote anything.
struct ConsoleFailures: Sendable {
    let logger: Logger

    /// Notes it in the log; gives the number by which it is found there.
    func logged(_ error: any Error, at place: String) -> String {
        let number = String(UInt32.random(in: .min ... .max), radix: 16)
        logger.error("a page failed", metadata: ["error": "\(error)", "number": "\(number)", "path": "\(place)"])
        return number
    }

    /// For all who look: what servers and the library say to people, and no text of a stranger.
    func words(of error: any Error, at place: String) -> String {
        switch error {
        case let problem as ServerProblem:
            let help = ServerProblemHelp(problem)
            return "\(help.server): \(help.sentences)"
        case let refusal as OperationRefused: return "\(refusal.reason)."
        case let unfinished as RepartitionUnfinished:
            // Its cause may be anything.
            return "Topic \(unfinished.topic) stays held. The log has why, as \(logged(error, at: place))."
        default: return "The log has it as \(logged(error, at: place))."
        }
    }
}
