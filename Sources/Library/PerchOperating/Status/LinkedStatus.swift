import Perch

/// `SystemStatus`, on the thread of the links.
struct LinkedStatus {
    let links: SystemLinks

    var contract: Contract { links.contract }

    func progress(of group: GroupName) throws -> GroupStatus {
        try status(of: group) { _ in }
    }

    /// - Parameter more: Asks the group's database for more, where it answers.
    func status(of group: GroupName, _ more: (OperatingStore) throws -> Void) throws -> GroupStatus {
        let partitions = contract.topics.filter { $0.groups.contains(group) }.flatMap(\.allPartitions)
        var found = partitions.map { GroupStatus.PartitionStatus(partition: $0) }
        var problems: [ServerProblem] = []
        var now: Int64?
        _ = try links.ask(&problems) {
            try links.withDatabase(of: group.rawValue) { connection in
                let store = StatusStore(connection: connection)
                now = try store.readCheckpoints(of: &found, in: group)
                try store.readFailures(of: &found, in: group)
                try more(OperatingStore(connection: connection))
            }
        }
        _ = try links.ask(&problems) {
            try links.withStreams { try StatusStreams(streams: $0, group: group).readEnds(of: &found, now: now) }
        }
        return GroupStatus(group: group, partitions: found, problems: problems)
    }

    func outbox(ownedBy owner: String) throws -> OutboxStatus {
        let topics = contract.topics.filter { $0.owner == owner }.map(\.name)
        var problems: [ServerProblem] = []
        let waiting = try links.ask(&problems) {
            try links.withDatabase(of: owner) { try StatusStore(connection: $0).waiting(of: topics) }
        }
        return OutboxStatus(owner: owner, topics: waiting, problems: problems)
    }
}
