import Perch

extension LinkedStatus {
    func groups(only: GroupName? = nil) throws -> [GroupReport] {
        try links.system.groups.filter { only == nil || $0 == only }.map { try report(on: $0) }
    }

    func workers(of only: GroupName?) throws -> (workers: [WorkerStatus], problems: [ServerProblem]) {
        var problems: [ServerProblem] = []
        let workers = try links.system.groups.filter { only == nil || $0 == only }.flatMap { group in
            try links.ask(&problems) {
                try links.withDatabase(of: group.rawValue) { try OperatingStore(connection: $0).workers(of: group) }
            } ?? []
        }
        return (workers, problems)
    }

    /// Where Redis did not tell, how far a group is behind what the topics' owners have given positions.
    private func lagFromLogs(_ status: GroupStatus) throws -> GroupStatus {
        guard status.problems.contains(where: { $0.service == nil }) else { return status }
        var partitions = status.partitions
        var problems = status.problems
        for owner in Set(partitions.compactMap { contract.topic($0.partition.topic)?.owner }).sorted() {
            guard links.system.databases[owner] != nil else { continue }
            let topics = contract.topics.filter { $0.owner == owner }.map(\.name)
            let given = try links.ask(&problems) {
                try links.withDatabase(of: owner) { try StatusStore(connection: $0).published(of: topics) }
            }
            for index in partitions.indices where partitions[index].lastEntry == nil {
                guard let checkpoint = partitions[index].checkpoint,
                    let last = given?[partitions[index].partition], last >= checkpoint.position
                else { continue }
                partitions[index].lag = last - checkpoint.position
                partitions[index].isLagFromLog = true
            }
        }
        return GroupStatus(group: status.group, partitions: partitions, problems: problems)
    }

    private func report(on group: GroupName) throws -> GroupReport {
        var workers: [WorkerStatus]?
        var subscriptions: [TopicName: DeclaredSubscription] = [:]
        let status = try lagFromLogs(
            try status(of: group) { store in
                workers = try store.workers(of: group)
                subscriptions = try store.subscriptions(of: group)
            }
        )
        return GroupReport(status: status, workers: workers, subscriptions: subscriptions)
    }
}
