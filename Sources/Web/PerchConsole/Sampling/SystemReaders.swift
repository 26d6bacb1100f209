import Perch
import PerchOperating

/// Asks all servers for how the system is: a thread and connections a service, in parallel, so that one that is slow keeps no other
/// waiting.
struct SystemReaders: Sendable {
    private let services: [(name: String, system: OperatedSystem)]
    private let groups: Set<GroupName>

    init(_ connections: SystemConnections) {
        services = connections.services.map { ($0, OperatedSystem(connections)) }
        groups = Set(connections.groups)
    }

    struct Look: Sendable {
        var topics: [TopicStatus] = []
        var groups: [GroupReport] = []
    }

    func look() async -> Look {
        await withTaskGroup(of: Look.self) { tasks in
            for (service, system) in services {
                tasks.addTask { [groups] in
                    let status = SystemStatus(system)
                    var look = Look()
                    // A problem of a server stands in what it throws nothing for: in the statuses.
                    look.topics = (try? await status.topics(ownedBy: service)) ?? []
                    let group = GroupName(rawValue: service)
                    if groups.contains(group) { look.groups = (try? await status.groups(only: group)) ?? [] }
                    return look
                }
            }
            return await tasks.reduce(into: Look()) { whole, part in
                whole.topics += part.topics
                whole.groups += part.groups
            }
        }
    }
}
