import Perch

extension LinkedDiagnosis {
    /// Groups that Redis has on a topic's streams and the contract does not declare: nothing waits for them, so what they have
    /// not read may be trimmed; and a mistyped or forgotten one looks as if somebody read.
    func strayGroups() throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        return try contract.topics.compactMap { topic in
            let found = try links.ask(&problems) { try links.withStreams { try groups(on: topic, $0) } } ?? [:]
            let declared = Set(topic.groups.map(\.rawValue))
            let stray = found.filter { !declared.contains($0.key) }.sorted { $0.key < $1.key }
            guard !stray.isEmpty else { return nil }
            return .warning(
                .groupsUndeclared(
                    topic: topic.name,
                    partitions: topic.partitions,
                    groups: stray.map { StrayGroup(name: $0.key, partitions: $0.value) }
                )
            )
        }
    }

    /// The names, and on how many of the topic's partitions each is.
    private func groups(on topic: TopicContract, _ streams: OperatorStreams) throws -> [String: Int] {
        let names = try streams.groupNames(of: topic.allPartitions).joined()
        return names.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
