package import PerchOperating

/// A server that did not tell. Its words are the program's: they name what helps there.
package struct ProblemDocument: Encodable {
    let kind, server, message, advice: String

    package init(_ problem: ServerProblem, message: String, advice: String) {
        (kind, server) = (problem.kind.rawValue, problem.server)
        (self.message, self.advice) = (message, advice)
    }
}
