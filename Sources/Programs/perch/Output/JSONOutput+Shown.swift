import OperatorSettings
import PerchDocuments
import PerchOperating

extension JSONOutput {
    /// The whole of what a command prints, ended.
    static func shown(_ value: some Encodable) throws -> Shown { Shown(json: try text(value) + "\n") }
}

extension ProblemDocument {
    /// As this program tells it.
    init(_ problem: ServerProblem) {
        let (message, advice) = ServerProblemWords.of(problem)
        self.init(problem, message: message, advice: advice)
    }
}
