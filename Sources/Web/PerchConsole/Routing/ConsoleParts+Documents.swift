import PageKit
import PerchDocuments
import PerchOperating

extension ConsoleParts {
    /// Servers that did not tell, as documents have them; each once.
    func documents(of problems: [ServerProblem]) -> [ProblemDocument] {
        problems.reduce(into: [ServerProblem]()) { known, problem in
            if !known.contains(problem) { known.append(problem) }
        }.map { problem in
            let help = ServerProblemHelp(problem)
            return ProblemDocument(problem, message: help.message, advice: help.advice)
        }
    }

    /// Groups as a document.
    func document(of groups: [GroupReport]) throws -> String {
        try JSONOutput.text(GroupsDocument(groups, documents(of: groups.flatMap(\.problems))))
    }

    /// Topics as a document.
    func document(of topics: [TopicStatus]) throws -> String {
        try JSONOutput.text(TopicsDocument(topics, documents(of: topics.flatMap(\.problems))))
    }
}
