import Perch
package import PerchOperating

/// A replay as JSON.
package struct ReplayDocument: Encodable {
    let group, topic: String
    let events: Int64
    let isDone: Bool
    let notes: [String]
    let partitions: [Step]

    struct Step: Encodable {
        let partition, before, after: String
        let events: Int64
    }

    package init(_ plan: ReplayPlan, isDone: Bool) {
        (group, topic) = (plan.group.rawValue, plan.topic.rawValue)
        (events, self.isDone, notes) = (plan.events, isDone, plan.notes)
        partitions = plan.steps.map {
            Step(
                partition: $0.partition.description,
                before: $0.before.description,
                after: $0.after.description,
                events: $0.events
            )
        }
    }
}
