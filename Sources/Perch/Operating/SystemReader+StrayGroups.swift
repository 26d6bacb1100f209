import Redis

extension SystemReader {
    /// Groups that Redis has on a topic's streams and the contract does not declare: nothing waits for them, so what they have
    /// not read may be trimmed; and a mistyped or forgotten one looks as if somebody read.
    func strayGroups() throws -> [Diagnosis] {
        var problems: [ServerProblem] = []
        return try contract.topics.compactMap { topic in
            let found = try ask(&problems) { try links.withRedis { try groups(on: topic, $0) } } ?? [:]
            let declared = Set(topic.groups.map(\.rawValue))
            let stray = found.filter { !declared.contains($0.key) }.sorted { $0.key < $1.key }
            guard !stray.isEmpty else { return nil }
            let names = stray.map { "\($0.key) (on \($0.value) of \(topic.partitions) partitions)" }
            return .warning(
                "topic \(topic.name)",
                "Redis has groups that the contract does not declare: \(names.joined(separator: ", "))",
                "If somebody is to read as them, add them to `groups` in streams/\(topic.name).yaml; else remove each, by "
                    + "XGROUP DESTROY of each of the topic's streams"
            )
        }
    }

    /// The names, and on how many of the topic's partitions each is.
    private func groups(on topic: TopicContract, _ redis: RedisConnection) throws -> [String: Int] {
        for partition in topic.allPartitions {
            try redis.send(RedisCommand("XINFO", "GROUPS", links.naming.key(partition)))
        }
        var found: [String: Int] = [:]
        for _ in topic.allPartitions {
            do {
                let names = try redis.receive { reply in
                    try reply.map { group in try group.withValue(of: "name") { try $0.string() } }
                }
                for name in names { found[name, default: 0] += 1 }
            } catch let error as RedisError where error.isMissingKey {
                continue
            }
        }
        return found
    }
}
