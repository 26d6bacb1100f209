import Perch

/// What all subjects ask alike.
extension SystemLinks {
    var contract: Contract { system.contract }

    /// Runs a question; what goes wrong with its server is noted, and the answer is nil.
    func ask<R>(_ problems: inout [ServerProblem], _ question: () throws -> R) throws -> R? {
        do {
            return try question()
        } catch let problem as ServerProblem {
            if !problems.contains(problem) { problems.append(problem) }
            return nil
        }
    }

    /// The topic as the contract declares it.
    ///
    /// - Throws: `OperationRefused` where it has none.
    func topic(_ name: TopicName) throws -> TopicContract {
        guard let topic = contract.topic(name) else {
            throw OperationRefused(reason: "the contract has no topic \(name)", advice: .seeTopics)
        }
        return topic
    }

    /// The group's partitions of a topic, or of all.
    ///
    /// - Throws: `OperationRefused` where the contract has no such group, or the group does not read the topic.
    func partitions(of group: GroupName, in topic: TopicName?) throws -> [Partition] {
        let topics = contract.topics.filter { $0.groups.contains(group) && (topic == nil || $0.name == topic) }
        guard !topics.isEmpty else {
            let subject = topic.map { " that reads \($0)" } ?? ""
            throw OperationRefused(
                reason: "the contract has no group \(group)\(subject)",
                advice: .seeGroups
            )
        }
        return topics.flatMap(\.allPartitions)
    }
}
