/// What became of a round's events, by topic; true once it has committed.
package struct RoundTally: Sendable, Hashable {
    struct OfTopic: Sendable, Hashable {
        let topic: TopicName
        var ok = 0
        var skipped = 0
        var dead = 0
        var failed = 0
        var held = 0
    }

    private(set) var topics: [OfTopic] = []

    package init() {}

    mutating func add(_ topic: TopicName, _ change: (inout OfTopic) -> Void) {
        if let index = topics.firstIndex(where: { $0.topic == topic }) { return change(&topics[index]) }
        topics.append(OfTopic(topic: topic))
        change(&topics[topics.count - 1])
    }

    mutating func add(_ parking: WorkerAction.Parking) { add(parking.events, parking.partition.topic) }

    mutating func add(_ settlement: WorkerAction.Settlement) { add(settlement.changed, settlement.partition.topic) }

    private mutating func add(_ events: [ParkedEvent], _ topic: TopicName) {
        add(topic) {
            for event in events {
                switch event.state {
                case .failed: $0.failed += 1
                case .held: $0.held += 1
                case .dead: $0.dead += 1
                }
            }
        }
    }
}
