import Perch
import PerchDocuments
import PerchOperating
import Times

/// What all servers told at the last look. One value for all who view, and for all of a page.
struct SystemSnapshot: Sendable {
    /// When the look ended.
    let time: Timestamp
    /// In the contract's order.
    let topics: [TopicStatus]
    /// In the order of their names.
    let groups: [GroupReport]
    /// Servers that did not tell, with since when each does not.
    let away: [Away]
    /// What the doctor found; nil: it has not looked yet.
    let diagnosis: Diagnoses?
    let history: History
    /// Workers that were there in the last half hour, and are no longer.
    let gone: [GoneWorker]

    struct Away: Sendable {
        let problem: ServerProblem
        let since: Timestamp
    }

    struct Diagnoses: Sendable {
        let time: Timestamp
        let findings: [Diagnosis]
    }

    struct GoneWorker: Sendable {
        let worker: WorkerStatus
        let at: Timestamp
    }

    var groupRows: [GroupLine] { GroupLine.lines(of: groups) }
    var workers: [WorkerStatus] { groups.flatMap { $0.workers ?? [] } }

    func topic(_ name: TopicName) -> TopicStatus? { topics.first { $0.topic.name == name } }
    func group(_ name: GroupName) -> GroupReport? { groups.first { $0.status.group == name } }
}
