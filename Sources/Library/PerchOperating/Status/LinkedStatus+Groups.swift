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

    private func report(on group: GroupName) throws -> GroupReport {
        var workers: [WorkerStatus]?
        var subscriptions: [TopicName: DeclaredSubscription] = [:]
        let status = try status(of: group) { store in
            workers = try store.workers(of: group)
            subscriptions = try store.subscriptions(of: group)
        }
        return GroupReport(status: status, workers: workers, subscriptions: subscriptions)
    }
}
