import Logging
import PerchProtocol

extension RelayLoop {
    /// The number of a topic's partitions may have been changed while this relay runs, or before its contract was.
    func learnPartitions(_ tables: Tables) throws {
        let (found, counts) = try tables.declared(topics.map(\.name))
        let missing = topics.map(\.name).filter { counts[$0] == nil }
        guard missing.isEmpty else {
            throw TopicsNotDeclared(topics: missing, database: connections.database)
        }
        for topic in topics where counts[topic.name] ?? topic.partitions != topic.partitions {
            logger.warning(
                "the contract has another number of partitions than the database, which counts: correct streams/, or change the topic's partitions",
                metadata: Logger.Metadata([
                    .topic: "\(topic.name)", .count: .number(topic.partitions),
                    .declared: .number(counts[topic.name] ?? 0),
                ])
            )
        }
        let all = topics.flatMap { topic in found.filter { $0.topic == topic.name } }
        if all != partitions { declared = all }
    }
}
