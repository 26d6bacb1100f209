public import Perch

/// Leafs back through the events of partitions: what their streams have, and before that what their owner's log still has. It changes
/// nothing.
///
/// A server that is away is told as a `ServerProblem`; where it is Redis, the log tells all.
public struct EventPages: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Which events to list. A nil property excludes none.
    public struct Filter: Sendable, Hashable {
        /// Of this key.
        public var key: String?
        /// Of this type.
        public var type: EventType?

        /// All events.
        public init() {}

        var isEmpty: Bool { key == nil && type == nil }

        func matches(_ event: FoundEvent) -> Bool {
            if let key, key != event.envelope.subject { return false }
            return type.map { $0 == event.envelope.type } ?? true
        }
    }

    /// The newest events before a place.
    ///
    /// A page looks at 10,000 entries or for a second, whichever is less, so it may have fewer events than were asked for while
    /// there are older ones: `lookedBackTo` says where to look further.
    /// - Parameters:
    ///   - before: Default nil: from the end.
    ///   - limit: The most events. Default 50.
    public func page(
        of partition: Partition,
        before: EntryID? = nil,
        limit: Int = 50,
        filter: Filter = Filter()
    ) async throws -> EventPage {
        let pages = try await pages(
            of: partition.topic,
            [partition.number],
            before: before,
            limit: limit,
            filter: filter
        )
        return pages.first ?? EventPageSearch(before: before, limit: limit, filter: filter).page([])
    }

    /// The newest events before a place, of several partitions of a topic: a page each, as many as there was time for, in the order of the
    /// partitions. They are asked for together, so that many cost hardly more round trips than one.
    ///
    /// - Parameters:
    ///   - before: Default nil: from the end.
    ///   - limit: The most events of a page. Default 50.
    ///   - patience: How long all of it may take. Default 1 s. The first of them are looked at whatever it takes.
    public func pages(
        of topic: TopicName,
        _ partitions: [PartitionNumber],
        before: EntryID? = nil,
        limit: Int = 50,
        filter: Filter = Filter(),
        patience: Duration = .seconds(1)
    ) async throws -> [EventPage] {
        try await system.use { links in
            var look = EventLook(
                links: links,
                topic: try links.topic(topic),
                pages: partitions.map {
                    EventLook.Page(
                        partition: Partition(topic, $0),
                        search: EventPageSearch(before: before, limit: limit, filter: filter)
                    )
                },
                deadline: .now + patience
            )
            return try look.found()
        }
    }
}
