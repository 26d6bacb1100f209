import Perch
package import PerchOperating

/// An erasing as JSON. The key is not in it.
package struct ForgetDocument: Encodable {
    let topic: String
    let log, outbox, stream, refused, foreign, records: Int
    let groups: [Group]
    let isDone: Bool
    let isMended: Bool?

    struct Group: Encodable {
        let group: String
        let unread, failed: Int
    }

    package init(_ plan: ErasurePlan, _ outcome: ErasureOutcome?) {
        topic = plan.topic.rawValue
        (log, outbox, stream) = (plan.log, plan.outbox, plan.stream)
        (refused, foreign, records) = (plan.refused, plan.foreign, plan.records)
        groups = plan.groups.map { Group(group: $0.group.rawValue, unread: $0.unread, failed: $0.failed) }
        isDone = outcome != nil
        isMended = outcome?.isMended
    }
}
