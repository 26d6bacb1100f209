import PageKit
import PerchDocuments
import PerchOperating

extension ConsoleParts {
    /// Servers that did not tell, as documents have them; each once.
    func documents(of problems: [ServerProblem]) -> [ProblemDocument] {
        problems.reduce(into: [ServerProblem]()) { known, problem in
            if !known.contains(problem) { known.append(problem) }
        }.map { problem in
            let (message, advice) = settings.problemWords(problem)
            return ProblemDocument(problem, message: message, advice: advice)
        }
    }

    /// What happened and what to do, in a sentence each.
    func sentences(of problem: ServerProblem) -> HTML {
        let (message, advice) = settings.problemWords(problem)
        return "\(message). \(advice)."
    }
}
