import Executors
import Perch
import Postgres

/// Changes a running system, and records each change in `perch.operations` of the database that it changes: who, when, what.
///
/// The change and its record commit together. For the CLI and the console; it has a thread and connections of its own.
public actor SystemOperator {
    let links: SystemLinks
    let name: String
    private let executor = ThreadExecutor(name: "perch-operator")
    /// Its own thread: the connections block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter name: Who does it, for the record: a person's, such as `ann@host`.
    public init(_ system: SystemConnections, name: String) {
        links = SystemLinks(system)
        self.name = name
    }

    var contract: Contract { links.system.contract }

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
