import Perch
package import PerchOperating
import Times

/// A change of partitions as JSON.
package struct PartitionsDocument: Encodable {
    let topic: String
    let before, after, waiting: Int
    let isDone: Bool
    let heldSince, hindrance: String?
    let groups: [Group]
    let notes: [String]

    struct Group: Encodable {
        let name, group: String
        let behind: Int64
        let failed, held, dead: Int
    }

    /// - Parameter hindrance: What is in the way, and what helps, in the program's words.
    package init(_ plan: RepartitionPlan, hindrance: String?, isDone: Bool) {
        (topic, before, after, waiting) = (plan.topic.rawValue, plan.before, plan.after, plan.waiting)
        self.isDone = isDone
        heldSince = plan.heldSince?.description
        self.hindrance = hindrance
        groups = plan.groups.map {
            Group(
                name: $0.group.rawValue,
                group: $0.group.rawValue,
                behind: $0.behind,
                failed: $0.failed,
                held: $0.held,
                dead: $0.dead
            )
        }
        notes = plan.notes
    }
}
