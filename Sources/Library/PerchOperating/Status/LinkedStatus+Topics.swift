import Perch
import Postgres

extension LinkedStatus {
    func topics(where isWanted: (TopicContract) -> Bool) throws -> [TopicStatus] {
        let topics = contract.topics.filter(isWanted)
        var problems: [ServerProblem] = []
        var partitions = topics.flatMap(\.allPartitions).map { TopicStatus.PartitionStatus(partition: $0) }
        _ = try links.ask(&problems) { try links.withStreams { try readStreams(of: &partitions, $0) } }
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
            status.delayed = waiting[topic.name]?.delayed
            status.overdue = waiting[topic.name]?.overdue
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

    private func readStreams(of partitions: inout [TopicStatus.PartitionStatus], _ streams: OperatorStreams) throws {
        let minute = Timestamp.now.milliseconds - 60_000
        let flows = try streams.flows(of: partitions.map(\.partition), since: minute)
        for (index, flow) in zip(partitions.indices, flows) {
            partitions[index].length = 0
            switch flow.ends {
            case .told(let ends):
                partitions[index].length = ends.length
                partitions[index].last = ends.last
                partitions[index].first = ends.first
                partitions[index].missing =
                    ends.first.map { max(0, ends.last.position - $0.position - max(0, ends.length - 1)) } ?? 0
            case .missing: break
            case .troubled(let reason):
                partitions[index].length = nil
                partitions[index].trouble = reason
            }
            if case .troubled(let reason) = flow.since { partitions[index].trouble = reason }
            partitions[index].rate = 0
            guard let recent = flow.since.value.flatMap(\.self), let last = partitions[index].last else { continue }
            partitions[index].rate = max(0, Double(last.position) - Double(recent.position) + 1) / 60
        }
    }
}
