import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/overview.json`: the numbers of the whole system, of one look at it. What not all servers told is left out.
struct OverviewDocument: Encodable {
    let asOf: String
    let publishedPerSecond, effectsPerSecond, oldestSeconds: Double?
    let waiting, failed, held, dead, workersAlive: Int64?
    let workersKnown: Int
    let heldTopics: [String]
    /// The worst first; those that are fine are left out. Nil: the doctor has not looked yet.
    let findings: [Finding]?
    let problems: [ProblemDocument]

    struct Finding: Encodable {
        let severity, code, subject, message: String
    }

    init(_ snapshot: SystemSnapshot, _ visit: Visit) {
        let totals = Totals(topics: snapshot.topics, groups: snapshot.groups)
        func rate(_ total: History.Total) -> Double? {
            totals[total].flatMap { _ in
                snapshot.history[.total(total)].rate(over: .seconds(60), until: snapshot.time)
            }
        }
        func count(_ total: History.Total) -> Int64? { totals[total].map { Int64(clamping: $0) } }
        asOf = snapshot.time.description
        (publishedPerSecond, effectsPerSecond, oldestSeconds) = (rate(.published), rate(.effects), totals[.oldest])
        (waiting, failed, held, dead) = (count(.waiting), count(.failed), count(.held), count(.dead))
        (workersAlive, workersKnown) = (count(.workers), snapshot.workers.count + snapshot.gone.count)
        heldTopics = snapshot.heldTopics.keys.sorted().map(\.description)
        findings = snapshot.diagnosis.map { diagnosis in
            let found =
                diagnosis.findings.filter { $0.severity == .problem }
                + diagnosis.findings.filter { $0.severity == .warning }
            return found.map { diagnosis in
                let help = visit.help(on: diagnosis.finding)
                return Finding(
                    severity: diagnosis.severity.rawValue,
                    code: diagnosis.code,
                    subject: help.subject,
                    message: help.message
                )
            }
        }
        problems = visit.parts.documents(of: snapshot.away.map(\.problem))
    }
}
