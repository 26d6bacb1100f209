import Perch
package import PerchOperating

/// Topics as JSON.
package struct TopicsDocument: Encodable {
    let topics: [Topic]
    let problems: [ProblemDocument]

    struct Topic: Encodable {
        let name, owner, key: String
        let groups: [String]
        let length, events: Int64?
        let rate: Double?
        let waiting: Int?
        let waitingSeconds: Double?
        let delayed: Int?
        let overdueSeconds: Double?
        let missing: Int64?
        let partitions: [Partition]
    }

    struct Partition: Encodable {
        let number: Int
        let length: Int64?
        let firstId, lastId: String?
        let published, missing: Int64?
        let rate: Double?
    }

    package init(_ topics: [TopicStatus], _ problems: [ProblemDocument]) {
        self.topics = topics.map { status in
            Topic(
                name: status.topic.name.rawValue,
                owner: status.topic.owner,
                key: status.topic.key,
                groups: status.topic.groups.map(\.rawValue),
                length: status.length,
                events: status.events,
                rate: status.rate,
                waiting: status.waiting,
                waitingSeconds: status.waitingAge?.rounded,
                delayed: status.delayed,
                overdueSeconds: status.overdue?.rounded,
                missing: status.missing,
                partitions: status.partitions.map {
                    Partition(
                        number: $0.partition.number.rawValue,
                        length: $0.length,
                        firstId: $0.first?.description,
                        lastId: $0.last?.description,
                        published: $0.published,
                        missing: $0.missing,
                        rate: $0.rate
                    )
                }
            )
        }
        self.problems = problems
    }
}
