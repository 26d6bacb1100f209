import Perch
import PerchDocuments
import PerchOperating

/// The newest events of one partition or of several, and how far was looked for them.
struct EventScan: Sendable {
    /// On a page.
    static let most = 50

    private(set) var events: [FoundEvent]
    let lookedAt: Int
    let foreign: Int
    /// Before which entry to look further; nil: nothing older is known.
    let next: EntryID?
    let isAtBeginning: Bool
    /// There was no time for these.
    let left: [Partition]
    let problems: [ServerProblem]
    /// The page that it is made of, where it is of one partition.
    private(set) var only: EventPage?

    /// What is looked for.
    struct Question: Sendable, Hashable {
        let topic: TopicName
        let partitions: [PartitionNumber]
        /// Nil: from the end.
        let before: EntryID?
        let filter: EventPages.Filter
    }

    /// Looks back from a place, or from the end.
    ///
    /// - Parameter patience: How long all partitions may take together.
    static func look(
        for question: Question,
        patience: Duration,
        in system: OperatedSystem
    ) async throws -> EventScan {
        let pages = try await EventPages(system).pages(
            of: question.topic,
            question.partitions,
            before: question.before,
            limit: most,
            filter: question.filter,
            patience: patience
        )
        let left = question.partitions.dropFirst(pages.count)
        return EventScan(pages, left: left.map { Partition(question.topic, $0) })
    }

    /// Puts the pages of several partitions together: what is older than the place up to which all were looked at is left to the next.
    init(_ pages: [EventPage], left: [Partition]) {
        let end = pages.filter { !$0.isAtBeginning }.compactMap(\.lookedBackTo).max()
        let all = pages.flatMap(\.events).compactMap { event in event.entryID.map { (id: $0, event: event) } }
            .filter { end == nil || $0.id >= end ?? .zero }
            .sorted { ($0.id, $0.event.partition) > ($1.id, $1.event.partition) }
        let last = all.count > Self.most ? all[Self.most - 1].id : nil
        // Two partitions may have the same id: both are of this page.
        let shown = all.filter { last == nil || $0.id >= last ?? .zero }
        events = shown.map(\.event)
        next = shown.count < all.count ? last : end
        lookedAt = pages.reduce(0) { $0 + $1.lookedAt }
        foreign = pages.reduce(0) { $0 + $1.foreign }
        isAtBeginning = shown.count == all.count && pages.allSatisfy(\.isAtBeginning)
        self.left = left
        only = pages.count == 1 ? pages.first : nil
        problems = pages.reduce(into: []) { known, page in known += page.problems.filter { !known.contains($0) } }
    }
}

extension EventScan {
    /// As `perch events` has it for one partition; for several the same members, and those that there was no time for.
    ///
    /// - Parameter wanted: Which of the events. Default: all.
    func document(
        _ visit: Visit,
        where wanted: @escaping @Sendable (Envelope) -> Bool = { _ in true }
    ) -> @Sendable () throws -> String {
        { [self] in
            let problems = visit.parts.documents(of: problems)
            let (lookedAt, lookedBackTo, isAtBeginning) =
                only.map { ($0.lookedAt, $0.lookedBackTo, $0.isAtBeginning) } ?? (lookedAt, next, isAtBeginning)
            return try EventsDocument.text(
                events.filter { wanted($0.envelope) }.map { EventDocument($0) },
                lookedAt: lookedAt,
                lookedBackTo: lookedBackTo,
                foreign: foreign,
                isAtBeginning: isAtBeginning,
                left: left,
                problems
            )
        }
    }
}

extension EventScan: Maskable {
    func masked(in contract: Contract) -> EventScan {
        var shown = self
        shown.events = events.masked(in: contract)
        shown.only = only?.masked(in: contract)
        return shown
    }
}
