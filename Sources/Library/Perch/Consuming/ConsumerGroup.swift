public import Postgres

/// A consumer group: one service's way to read topics, with its state in the service's database. A database may hold several
/// groups, of one program or of many: each reads all events of its topics, whatever the others do.
public struct ConsumerGroup: Sendable {
    /// The name of the Redis group on each of the streams.
    public let name: GroupName
    /// At most one a topic. In a round the topics are handled in this order, those with a limit first.
    public private(set) var subscriptions: [Subscription]
    /// Those of its subscriptions, by name.
    package let limits: [WorkLimit]
    /// Empties what the handlers have written, so that it can be built anew; nil where that cannot be.
    package let reset: (@Sendable (borrowing Transaction) throws -> Void)?

    /// Traps if two subscriptions are to the same topic, or if two different limits have the same name.
    ///
    /// - Parameters:
    ///   - middleware: What stands around the handlers of all subscriptions, the first outermost. Default: nothing.
    ///   - reset: Empties all that the group's handlers have written, for `GroupRewind`. It runs in the transaction that sets the
    ///     checkpoints back, before they are set, and must lock rows in the order in which handlers do. A group has one for all its
    ///     subscriptions: what was built from several topics cannot be emptied of one. Default nil: nothing can be emptied.
    public init(
        name: GroupName,
        subscriptions: [Subscription],
        middleware: [any HandlerMiddleware] = [],
        reset: (@Sendable (borrowing Transaction) throws -> Void)? = nil
    ) {
        precondition(
            Set(subscriptions.map(\.topic)).count == subscriptions.count,
            "a group has one subscription a topic"
        )
        let limits = Set(subscriptions.compactMap(\.limit))
        precondition(Set(limits.map(\.name)).count == limits.count, "two limits of a group have one name")
        self.limits = limits.sorted { $0.name < $1.name }
        self.name = name
        self.subscriptions = subscriptions
        self.reset = reset
        for middleware in middleware.reversed() { wrap(in: middleware) }
    }

    /// With a middleware around all that is there.
    mutating func wrap(in middleware: any HandlerMiddleware) {
        subscriptions = subscriptions.map { $0.wrapped(in: middleware) }
    }

    /// All partitions that the group reads, by the contract.
    package func partitions(in contract: Contract) throws -> [Partition] {
        try subscriptions.flatMap { subscription -> [Partition] in
            guard let topic = contract.topics.first(where: { $0.name == subscription.topic }) else {
                throw UndeclaredTopic(
                    topic: subscription.topic,
                    group: name,
                    hint: NearestName.hint(for: subscription.topic.rawValue, in: contract.topics.map(\.name.rawValue))
                )
            }
            return (0..<topic.partitions).map { Partition(topic.name, PartitionNumber(rawValue: $0)) }
        }
    }
}
