import PageKit
import PerchOperating

extension Visit {
    /// What of these fields is set, each with the page without it.
    ///
    /// - Parameter fields: Name, label, and what is shown in place of the value where that tells nobody anything.
    func conditions(_ fields: [(name: String, label: String, words: String?)]) -> [FilterBar.Condition] {
        fields.compactMap { field in
            guard let value = query[field.name], !value.isEmpty else { return nil }
            let words = field.words ?? String(VisibleText.of(value).prefix(80))
            return FilterBar.Condition("\(field.label): \(words)", without: address(setting: field.name, to: nil))
        }
    }

    /// What servers did not tell that were asked for this page alone.
    ///
    /// - Parameter rest: What that means for the page.
    func notices(of problems: [ServerProblem], rest: HTML = "What it knows is not on this page.") -> [Notice] {
        problems.map { Notice("\($0.server) does not tell", "\(ServerProblemHelp($0).sentences) \(rest)") }
    }
}
