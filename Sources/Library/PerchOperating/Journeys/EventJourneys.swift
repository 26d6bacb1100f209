public import FoundationEssentials
public import Perch

/// Finds events, and says where each is and what every group has made of it. It changes nothing.
///
/// A server that is away is told as a `ServerProblem` beside what the others said.
public struct EventJourneys: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// The event at a place of a topic, in whichever partition has it: from the stream, else from the owner's log.
    ///
    /// - Returns: More than one where several partitions have an entry of this id.
    public func events(
        at id: EntryID,
        in topic: TopicContract
    ) async throws -> (journeys: [EventJourney], problems: [ServerProblem]) {
        try await system.use { try LinkedJourneys(links: $0).events(at: id, in: topic) }
    }

    /// The event of this id, in each partition that has it. For a UUIDv7, which tells when it was made, the search begins one second before
    /// that time; for any other id it is among the newest events. It reads at most 250,000 events of each partition.
    public func event(
        _ id: UUID,
        in topic: TopicContract
    ) async throws -> (journeys: [EventJourney], problems: [ServerProblem]) {
        try await system.use { try LinkedJourneys(links: $0).event(id, in: topic) }
    }

    /// The newest events of a key in all topics, from outbox, log and streams, with what each group has made of them.
    ///
    /// - Parameters:
    ///   - limit: The most events of each topic.
    ///   - only: One topic; nil: all.
    public func trace(key: String, limit: Int, only: TopicName? = nil) async throws -> KeyTrace {
        try await system.use { try LinkedJourneys(links: $0).trace(key: key, limit: limit, only: only) }
    }
}
