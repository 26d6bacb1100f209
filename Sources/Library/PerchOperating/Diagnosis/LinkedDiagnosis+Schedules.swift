import Perch

/// What is not done at its time.
extension LinkedDiagnosis {
    func diagnoseSchedules() throws -> [Diagnosis] {
        // A database that does not tell is told of elsewhere.
        try LinkedSchedules(links: links).all().schedules.flatMap { schedule -> [Diagnosis] in
            let (service, name) = (schedule.service, schedule.name)
            var findings: [Diagnosis] = []
            if schedule.failures > 0, schedule.state == .failing || schedule.state == .running {
                let finding = Diagnosis.Finding.scheduleFails(
                    service: service,
                    schedule: name,
                    failures: schedule.failures,
                    error: schedule.lastError ?? ""
                )
                findings.append(schedule.failures >= Self.manyFailures ? .problem(finding) : .warning(finding))
            } else if let overdue = schedule.overdue, overdue > Self.longDue, schedule.state == .due {
                findings.append(.problem(.scheduleOverdue(service: service, schedule: name, overdue: overdue)))
            }
            if let since = schedule.pausedAt {
                findings.append(.warning(.schedulePaused(service: service, schedule: name, since: since)))
            }
            return findings.isEmpty ? [.fine(.scheduleWell(service: service, schedule: name))] : findings
        }
    }

    private static var manyFailures: Int { 3 }
    private static var longDue: Duration { .seconds(60) }
}
