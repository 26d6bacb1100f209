import FoundationEssentials
public import Perch
import PerchProtocol
import Postgres

/// Erases the events of a key: from the outbox, the log, the streams, failed and refused events, foreign entries and the records of
/// operators.
///
/// A place in the log stays, since positions have no gaps. It holds an event of type `perch.erased` without data. No handler takes it, so
/// every group skips it, now and in a replay. Its entry id, its time and its event's id stay. A service erases what it has in tables of its
/// own.
///
/// Each database is changed in transactions of its own, with a record that names neither key nor data. After a failure in between, erase
/// again: it goes on.
public struct Erasures: Sendable {
    private let system: OperatedSystem

    /// How often streams are looked at while the relay mends them.
    private static let interval = Duration.milliseconds(100)

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Says what would be erased. It changes nothing. It reads all of the topic's log and streams, for no index has the key.
    ///
    /// - Throws: `OperationRefused` where the contract has no such topic, or the owner's database does not have it; `ServerProblem`, also
    ///   where the database of a group is not known.
    public func plan(_ topic: TopicName, key: String) async throws -> ErasurePlan {
        try await system.use { try LinkedErasures(links: $0).plan(topic, key: key) }
    }

    /// Erases what the plan has found. What was published since stays, unless events that are not handled go too.
    ///
    /// The groups are fenced off from what they have read, and start again at their checkpoints; that changes no effect.
    ///
    /// - Parameters:
    ///   - evenUnhandled: Also erase events that some group has not handled. That group never will. Default: such a plan is refused.
    ///   - by: Who does it, for the records.
    ///   - patience: How long the relay is waited for, which fills the streams' empty places. Default 30 s.
    /// - Throws: `OperationRefused`, and nothing was changed; `ServerProblem`.
    public func erase(
        _ plan: ErasurePlan,
        evenUnhandled: Bool = false,
        by: String,
        patience: Duration = .seconds(30)
    ) async throws -> ErasureOutcome {
        if plan.isUnhandled, !evenUnhandled {
            throw OperationRefused(
                reason: "events of this key have not taken effect in every group, and never would",
                advice: .eraseUnhandledToo
            )
        }
        let services = try await services(of: plan.topic)
        for service in services { try await system.use { try LinkedErasures(links: $0).requireRights(in: service) } }
        var outcome = ErasureOutcome()
        // While the log still tells which events they are.
        let ids = plan.events.map(\.eventID)
        for service in services {
            let erased = try await system.use {
                try LinkedErasures(links: $0).eraseRecords(plan, of: ids, in: service, by: by)
            }
            outcome.records += erased
        }
        let owned = try await system.use {
            try LinkedErasures(links: $0).eraseOwned(plan, evenUnhandled: evenUnhandled, by: by)
        }
        (outcome.log, outcome.outbox) = (owned.events.count, owned.outbox)
        (outcome.refused, outcome.foreign) = (owned.refused, owned.foreign)
        try await eraseStreamed(plan, owned, until: .now + patience, &outcome)
        for service in services {
            let (failed, records) = try await system.use { links in
                let erasures = LinkedErasures(links: links)
                return (
                    try erasures.eraseFailed(
                        plan,
                        owned.events + plan.events,
                        isAll: evenUnhandled,
                        in: service,
                        by: by
                    ),
                    try erasures.eraseRecords(plan, of: owned.events.map(\.eventID), in: service, by: by)
                )
            }
            outcome.failed += failed
            outcome.records += records
        }
        return outcome
    }

    /// The owner, and the groups, each once.
    private func services(of topic: TopicName) async throws -> [String] {
        try await system.use { links in
            let topic = try links.topic(topic)
            return Set([topic.owner] + topic.groups.map(\.rawValue)).sorted()
        }
    }

    /// Takes the entries out, again and again until the relay has filled their places and brought none back: one that had read the log
    /// before may still append what it had read.
    private func eraseStreamed(
        _ plan: ErasurePlan,
        _ owned: ErasureStore.Erased,
        until deadline: ContinuousClock.Instant,
        _ outcome: inout ErasureOutcome
    ) async throws {
        var places = Set(owned.events.map { StreamPlaceOfEvent(partition: $0.partition, id: $0.id) })
        while true {
            let found = try await system.use {
                try LinkedErasures(links: $0).eraseStreamed(plan.topic, key: plan.key, upTo: owned.ends)
            }
            outcome.stream += found.count
            places.formUnion(found.places)
            while true {
                let isWhole = try await system.use { [places] in
                    try LinkedErasures(links: $0).isWhole(plan.topic, places)
                }
                if isWhole { break }
                guard ContinuousClock.now < deadline else { return }
                try await Task.sleep(for: Self.interval)
            }
            if found.count == 0 {
                outcome.isMended = true
                return
            }
            guard ContinuousClock.now < deadline else { return }
        }
    }
}
