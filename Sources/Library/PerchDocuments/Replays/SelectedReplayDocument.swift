import Perch
package import PerchOperating

/// A replay of chosen events as JSON.
package struct SelectedReplayDocument: Encodable {
    let group, topic: String
    let key: String?
    let events: Int64
    /// How many were put into failed events.
    let due: Int?
    let isDone: Bool
    let notes: [String]
    let partitions: [Step]

    struct Step: Encodable {
        let partition, first, last: String
        let events, skipped: Int64
    }

    package init(_ plan: SelectedReplayPlan, count: Int?) {
        (group, topic, key) = (plan.group.rawValue, plan.topic.rawValue, plan.selection.key)
        (events, due, isDone, notes) = (plan.events, count, count != nil, plan.notes)
        partitions = plan.steps.map {
            Step(
                partition: $0.partition.description,
                first: $0.first.description,
                last: $0.last.description,
                events: $0.events,
                skipped: $0.skipped
            )
        }
    }
}
