public import FoundationEssentials
public import Perch
import PerchProtocol
import Postgres

/// Gives topics more or fewer partitions, and keeps the order of each key.
///
/// Each step and its record in `perch.operations` commit together, in the database that it changes.
public struct PartitionChanges: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Says what a change of a topic's partitions would do. It changes nothing.
    ///
    /// - Throws: `OperationRefused` where the topic or the number cannot be; `ServerProblem`.
    public func plan(_ topicName: TopicName, to partitions: Int) async throws -> RepartitionPlan {
        try await system.use { links in
            let topic = try links.topic(topicName)
            guard (1...Self.mostPartitions).contains(partitions) else {
                throw OperationRefused(
                    reason: "a topic has 1 to \(Self.mostPartitions) partitions, not \(partitions)",
                    advice: .givePartitions
                )
            }
            let standing = try links.standing(of: topic)
            let waiting = try links.withDatabase(of: topic.owner) {
                try StatusStore(connection: $0).waiting(of: [topicName]).first?.waiting ?? 0
            }
            return RepartitionPlan(
                topic: topicName,
                before: standing.partitions,
                after: partitions,
                heldSince: standing.heldSince,
                waiting: waiting,
                groups: standing.partitions == partitions ? [] : try links.readiness(of: topic, standing),
                notes: Self.notes(topic, from: standing.partitions, to: partitions)
            )
        }
    }

    /// Gives a topic another number of partitions, and keeps the order of each key.
    ///
    /// The topic is held: publishers go on, and what they publish waits in the outbox. Its groups finish what has a position. Then the
    /// number is set, what waits is placed by it, the groups get the leases of the new layout, and the topic is let go. Each step may be
    /// made again: after a failure, or the end of this process, call it again and it goes on. Called with the number that the topic already
    /// has, it only finishes what was broken off, and tells groups that were added since of earlier changes.
    ///
    /// - Parameters:
    ///   - by: Who does it, for the records.
    ///   - operation: The larger operation this belongs to, for the records; all its steps have the same. Default: none.
    ///   - onProgress: Hears of each step; of one that takes long, again and again.
    ///   - isStopped: Whether somebody wants it to end. It is asked before each try to set the number, and never after that: until
    ///     then a stop takes the hold back, and is told as `CancellationError`; later it changes nothing. Default: nobody does.
    /// - Throws: `OperationRefused` where something stands in the way, and nothing was changed; `RepartitionUnfinished` where
    ///   the topic stays held; `ServerProblem`; `CancellationError`. In the last two cases too the hold was taken back.
    public func repartition(
        _ topicName: TopicName,
        to partitions: Int,
        by: String,
        operation: UUID? = nil,
        settings: RepartitionSettings = RepartitionSettings(),
        onProgress: @Sendable (RepartitionProgress) -> Void = { _ in },
        isStopped: @Sendable () async -> Bool = { false }
    ) async throws {
        let plan = try await plan(topicName, to: partitions)
        let topic = try await system.use { try $0.topic(topicName) }
        if let hindrance = plan.hindrance, plan.heldSince == nil {
            throw OperationRefused(reason: hindrance.reason, advice: hindrance.advice)
        }
        let deadline = ContinuousClock.now + settings.patience
        if plan.before != partitions {
            do {
                try await switchOver(
                    topic,
                    to: partitions,
                    by: by,
                    operation: operation,
                    settings,
                    until: deadline,
                    isStopped: isStopped,
                    onProgress
                )
            } catch {
                try await breakOff(topic, plan, by: by, operation, settings, error)
            }
            onProgress(.switched(plan))
        }
        do {
            for group in topic.groups {
                try await tell(group, topic, partitions, by: by, operation, settings, until: deadline)
                onProgress(.told(group))
            }
            try await letGo(topic, having: partitions, by: by, operation: operation)
        } catch {
            throw RepartitionUnfinished(topicName, to: partitions, error)
        }
        onProgress(.letGo)
    }

    // MARK: Steps

    /// Holds the topic. Again it changes nothing.
    package func hold(_ topic: TopicContract, by: String, operation: UUID? = nil) async throws {
        try await system.use { links in
            try links.asOwner(of: topic) {
                try RepartitionStore(connection: $0, operation: operation).hold(topic.name, by: by)
            }
        }
    }

    /// Waits for the groups and for publishers, and sets the number.
    package func switchOver(
        _ topic: TopicContract,
        to partitions: Int,
        by: String,
        operation: UUID? = nil,
        _ settings: RepartitionSettings,
        until deadline: ContinuousClock.Instant,
        isStopped: @Sendable () async -> Bool = { false },
        _ onProgress: @Sendable (RepartitionProgress) -> Void
    ) async throws {
        // Other publishers wait for as long as this waits for one, so it is short at first, and they get as long between.
        let lockWaits = Backoff(first: .milliseconds(200), cap: .seconds(2), floor: .milliseconds(200))
        var random = SystemRandomNumberGenerator()
        var refusals = 0
        while true {
            let standing = try await system.use { try $0.standing(of: topic) }
            // Another operator, or a COMMIT whose answer was lost.
            if standing.partitions == partitions { return }
            if await isStopped() { throw CancellationError() }
            if standing.heldSince == nil {
                try await hold(topic, by: by, operation: operation)
                onProgress(.held)
                continue
            }
            let groups = try await system.use { try $0.readiness(of: topic, standing) }
            if let hindrance = groups.lazy.compactMap(\.hindrance).first(where: { !$0.mayPass }) {
                throw OperationRefused(reason: hindrance.reason, advice: hindrance.advice)
            }
            var pause = settings.interval
            if let late = groups.first(where: { !$0.isFinished }) {
                onProgress(.draining(groups))
                try requireTime(deadline, settings) { late.hindrance?.reason ?? late.summary }
            } else {
                let patience = lockWaits.delay(after: refusals + 1, using: &random)
                let outcome = try await system.use { links in
                    try links.asOwner(of: topic) {
                        try RepartitionStore(connection: $0, operation: operation)
                            .switchOver(topic.name, to: partitions, seen: standing, patience: patience, by: by)
                    }
                }
                switch outcome {
                case .switched: return
                case .moved: break
                case .busy(let who):
                    refusals += 1
                    pause = patience
                    onProgress(.waitingForPublishers(who))
                    try requireTime(deadline, settings) {
                        "a transaction that publishes does not end (\(who ?? "it is not known which"))"
                    }
                }
            }
            try await Task.sleep(for: pause)
        }
    }

    /// Lets positions be given again, if the topic has this number of partitions.
    package func letGo(
        _ topic: TopicContract,
        having partitions: Int,
        by: String,
        operation: UUID? = nil
    ) async throws {
        let isSo = try await system.use { links in
            try links.asOwner(of: topic) {
                try RepartitionStore(connection: $0, operation: operation)
                    .letGo(topic.name, having: partitions, by: by)
            }
        }
        guard isSo else {
            throw OperationRefused(
                reason: "\(topic.name) does not have \(partitions) partitions any more: somebody else changes it",
                advice: .lookAgain
            )
        }
    }

    private func tell(
        _ group: GroupName,
        _ topic: TopicContract,
        _ partitions: Int,
        by: String,
        _ operation: UUID?,
        _ settings: RepartitionSettings,
        until deadline: ContinuousClock.Instant
    ) async throws {
        let layouts = try await system.use { links in
            try links.withDatabase(of: topic.owner) { try LayoutStore.layouts(of: [topic.name], on: $0) }
        }
        while true {
            let isTold = try await system.use { links in
                try links.withDatabase(of: group.rawValue) {
                    try GroupLayoutStore(connection: $0, group: group, operation: operation)
                        .tell(topic.name, layouts, partitions: partitions, by: by)
                }
            }
            if isTold { return }
            try requireTime(deadline, settings) {
                "\(group) has yet to read events from before the number of partitions changed, and would mix them with later ones"
            }
            try await Task.sleep(for: settings.interval)
        }
    }

    /// Takes the hold back, unless it is to stay or the number is set already, and throws.
    private func breakOff(
        _ topic: TopicContract,
        _ plan: RepartitionPlan,
        by: String,
        _ operation: UUID?,
        _ settings: RepartitionSettings,
        _ error: any Error
    ) async throws -> Never {
        let standing = try? await system.use { try $0.standing(of: topic) }
        if let standing, standing.heldSince == nil { throw error }
        if !settings.keepsHold, (try? await letGo(topic, having: plan.before, by: by, operation: operation)) != nil {
            throw error
        }
        throw RepartitionUnfinished(topic.name, to: plan.after, error)
    }

    // MARK: Looking

    /// More than any topic needs: each is a stream in Redis and a lease in each group.
    private static let mostPartitions = 1024

    private static func notes(_ topic: TopicContract, from before: Int, to after: Int) -> [String] {
        guard before != after else { return [] }
        var notes: [String] = []
        if after % before != 0 {
            notes.append(
                "\(after) is no multiple of \(before): no group can read events from before the change again afterwards "
                    + "(replay, rebuild, a new group), since their order with later ones would be lost"
            )
        }
        if topic.partitions != after {
            notes.append(
                "afterwards set `partitions: \(after)` in streams/\(topic.name).yaml and start the services with it"
            )
        }
        return notes
    }

    private func requireTime(
        _ deadline: ContinuousClock.Instant,
        _ settings: RepartitionSettings,
        _ what: () -> String
    ) throws {
        guard ContinuousClock.now >= deadline else { return }
        throw OperationRefused(
            reason: "after \(Int(settings.patience.seconds)) s: \(what())",
            advice: .tryLater
        )
    }
}

extension SystemLinks {
    fileprivate func standing(of topic: TopicContract) throws -> RepartitionStore.Standing {
        let found = try withDatabase(of: topic.owner) {
            try RepartitionStore(connection: $0).standing(of: topic.name)
        }
        guard let found else {
            throw OperationRefused(
                reason: "the database of \(topic.owner) does not have topic \(topic.name)",
                advice: .migrate(owner: topic.owner)
            )
        }
        return found
    }

    fileprivate func readiness(
        of topic: TopicContract,
        _ standing: RepartitionStore.Standing
    ) throws -> [RepartitionReadiness] {
        try topic.groups.map { group in
            try withDatabase(of: group.rawValue) {
                try GroupLayoutStore(connection: $0, group: group)
                    .readiness(for: topic.name, upTo: standing.ends, isHeld: standing.heldSince != nil)
            }
        }
    }

    /// The number of partitions is the schema's owner's: a service's own role may not set it.
    fileprivate func asOwner<R>(of topic: TopicContract, _ body: (PostgresConnection) throws -> R) throws -> R {
        try withDatabase(of: topic.owner) { connection in
            do {
                return try body(connection)
            } catch let error as PostgresError where error.sqlState == .insufficientPrivilege {
                throw OperationRefused(
                    reason: "the role that reached the database of \(topic.owner) may not set a topic's partitions",
                    advice: .useOwnersRole(owner: topic.owner)
                )
            }
        }
    }
}
