package import Perch

extension Diagnosis: Maskable {
    /// What a schedule or a database has said may quote data, of which event nobody knows: it is masked whole.
    package func masked(in contract: Contract) -> Diagnosis {
        Diagnosis(severity: severity, finding: finding.masked(in: contract))
    }
}

extension Diagnosis.Finding: Maskable {
    package func masked(in contract: Contract) -> Diagnosis.Finding {
        switch self {
        case .scheduleFails(let service, let schedule, let failures, _):
            .scheduleFails(service: service, schedule: schedule, failures: failures, error: Masking.mask)
        case .eventsRefused(let service, let topic, let count, _):
            .eventsRefused(service: service, topic: topic, count: count, reason: Masking.mask)
        default: self
        }
    }
}
