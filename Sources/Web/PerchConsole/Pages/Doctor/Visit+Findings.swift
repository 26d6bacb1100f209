import PerchOperating

extension Visit {
    /// A finding in words, as the viewer may see them.
    func help(on finding: Diagnosis.Finding) -> FindingHelp { FindingHelp(shown(finding)) }
}
