import PerchOperating

extension Visit {
    /// A finding in words, as the viewer may see them: what a schedule or a database has said may quote data.
    func help(on finding: Diagnosis.Finding) -> FindingHelp {
        FindingHelp(may(.seeData) ? finding : finding.masked)
    }
}

extension Diagnosis.Finding {
    fileprivate var masked: Self {
        switch self {
        case .scheduleFails(let service, let schedule, let failures, _):
            .scheduleFails(service: service, schedule: schedule, failures: failures, error: Masking.mask)
        case .eventsRefused(let service, let topic, let count, _):
            .eventsRefused(service: service, topic: topic, count: count, reason: Masking.mask)
        default: self
        }
    }
}
