import Perch
import Postgres
import Redis

extension LinkedStatus {
    func topics(only: TopicName? = nil) throws -> [TopicStatus] {
        let topics = contract.topics.filter { only == nil || $0.name == only }
        var problems: [ServerProblem] = []
        var partitions = topics.flatMap(\.allPartitions).map { TopicStatus.PartitionStatus(partition: $0) }
        _ = try links.ask(&problems) { try links.withRedis { try readStreams(of: &partitions, $0) } }
        var waiting: [TopicName: OutboxStatus.TopicStatus] = [:]
        for owner in Set(topics.map(\.owner)).sorted() {
            let owned = topics.filter { $0.owner == owner }.map(\.name)
            _ = try links.ask(&problems) {
                try links.withDatabase(of: owner) { connection in
                    let store = StatusStore(connection: connection)
                    for status in try store.waiting(of: owned) { waiting[status.topic] = status }
                    let ends = try store.published(of: owned)
                    for index in partitions.indices where ends[partitions[index].partition] != nil {
                        partitions[index].published = ends[partitions[index].partition]
                    }
                }
            }
        }
        return topics.map { topic in
            var status = TopicStatus(
                topic: topic,
                partitions: partitions.filter { $0.partition.topic == topic.name },
                problems: problems.filter { $0.server == "Redis" || $0.server == "Postgres of \(topic.owner)" }
            )
            status.waiting = waiting[topic.name]?.waiting
            status.waitingAge = waiting[topic.name]?.oldestAge
            return status
        }
    }

    func relays() throws -> (relays: [RelayStatus], problems: [ServerProblem]) {
        var problems: [ServerProblem] = []
        let owners = Set(contract.topics.map(\.owner)).filter { links.system.databases[$0] != nil }
        let relays = try owners.sorted().flatMap { owner in
            try links.ask(&problems) {
                try links.withDatabase(of: owner) { try StatusStore(connection: $0).relays(of: owner) }
            } ?? []
        }
        return (relays, problems)
    }

    private func readStreams(of partitions: inout [TopicStatus.PartitionStatus], _ redis: any RedisChannel) throws {
        let minute = Timestamp.now.milliseconds - 60_000
        for status in partitions {
            let key = links.naming.key(status.partition)
            try redis.send(RedisCommand("XINFO", "STREAM", key))
            try redis.send(RedisCommand("XRANGE", key, String(minute), "+", "COUNT", "1"))
        }
        for index in partitions.indices {
            partitions[index].length = 0
            do {
                try redis.receive { reply in
                    let length = Int64(try reply.withValue(of: "length") { try $0.integer })
                    let last = try reply.withValue(of: "last-generated-id") { EntryID(clamping: try $0.string()) }
                    let first = try reply.withValue(of: "first-entry") { try $0.entryID }
                    partitions[index].length = length
                    partitions[index].last = last
                    partitions[index].first = first
                    partitions[index].missing = first.map { max(0, last.position - $0.position + 1 - length) } ?? 0
                }
            } catch let error as RedisError where error.isMissingKey {
            } catch let error as RedisError where !error.concernsServer {
                partitions[index].length = nil
                partitions[index].trouble = error.message
            }
            var recent: EntryID?
            do {
                recent = try redis.receive { reply in
                    try reply.count > 0 ? try reply.withElement(0) { try $0.entryID } : nil
                }
            } catch let error as RedisError where !error.concernsServer {
                partitions[index].trouble = error.message
            }
            let count = zip(recent, partitions[index].last).map { max(0, $1.position - $0.position + 1) } ?? 0
            partitions[index].rate = Double(count) / 60
        }
    }

    private func zip(_ left: EntryID?, _ right: EntryID?) -> (EntryID, EntryID)? {
        guard let left, let right else { return nil }
        return (left, right)
    }
}

extension RedisReply {
    /// The id of an entry `[id, fields]`; nil where there is none.
    var entryID: EntryID? {
        get throws {
            guard kind == .array, try count > 0 else { return nil }
            return EntryID(clamping: try withElement(0) { try $0.string() })
        }
    }
}
