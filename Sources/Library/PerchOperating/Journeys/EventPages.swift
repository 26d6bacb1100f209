public import Perch

/// Leafs back through the events of a partition: what its stream has, and before that what its owner's log still has. It changes
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
        try await system.use { links in
            let topic = try links.topic(partition.topic)
            var search = EventPageSearch(before: before, limit: limit, filter: filter)
            var problems: [ServerProblem] = []
            _ = try links.ask(&problems) {
                try links.withStreams { streams in
                    try search.look { place, most in
                        try streams.entries(of: partition, before: place, most: most, source: topic.owner)
                            .map { ($0.id, FoundEvent($0, in: partition)) }
                    }
                }
            }
            // A page that the stream has filled needs no log.
            _ =
                try search.isCut
                ? nil
                : links.ask(&problems) {
                    try links.withDatabase(of: topic.owner) { connection in
                        let log = LogReader(connection: connection, source: topic.owner)
                        // Where the stream's part ended may be an entry that the log never had.
                        var end = try log.end(before: search.place, of: partition)
                        try search.look { _, most in
                            let events = try log.events(before: end, of: partition, limit: most)
                                .compactMap { event in event.entryID.map { ($0, event) } }
                            end = events.last?.0.position ?? end
                            return events
                        }
                    }
                }
            // The log has every event that the stream has.
            return search.page(isAtBeginning: problems.allSatisfy { $0.service == nil }, problems)
        }
    }
}

/// A look back that ends when it has enough, or has looked long enough.
struct EventPageSearch {
    private static let depth = 10_000
    private static let patience = Duration.seconds(1)
    private static let step = 500

    private(set) var place: EntryID?
    private let limit: Int
    private let filter: EventPages.Filter
    private let start = ContinuousClock.now
    private var events: [FoundEvent] = []
    private var foreign = 0
    private var lookedAt = 0
    private(set) var isCut = false

    init(before: EntryID?, limit: Int, filter: EventPages.Filter) {
        (place, self.limit, self.filter) = (before, limit, filter)
    }

    /// Goes on where it stands, until a source has no more.
    ///
    /// - Parameter read: Up to so many entries before the place, the newest first; nil: a foreign one.
    mutating func look(_ read: (EntryID?, _ most: Int) throws -> [(EntryID, FoundEvent?)]) rethrows {
        while !isCut {
            let most = min(Self.step, Self.depth - lookedAt)
            let entries = try read(place, most)
            for (id, event) in entries {
                guard events.count < limit else { return isCut = true }
                place = id
                lookedAt += 1
                guard let event else {
                    foreign += 1
                    continue
                }
                if filter.key.map({ $0 == event.envelope.subject }) ?? true,
                    filter.type.map({ $0 == event.envelope.type }) ?? true
                {
                    events.append(event)
                }
            }
            guard entries.count == most else { return }
            if lookedAt >= Self.depth || start.duration(to: .now) > Self.patience { isCut = true }
        }
    }

    func page(isAtBeginning: Bool, _ problems: [ServerProblem]) -> EventPage {
        EventPage(
            events: events,
            foreign: foreign,
            lookedAt: lookedAt,
            lookedBackTo: lookedAt > 0 ? place : nil,
            isAtBeginning: isAtBeginning && !isCut,
            problems: problems
        )
    }
}
