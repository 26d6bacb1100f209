public import Perch
import PerchProtocol
import Postgres

extension SystemOperator {
    /// How a change of partitions waits, and what it leaves behind when it cannot go on.
    public struct RepartitionSettings: Sendable {
        /// How long the topic may be held for its groups to finish and for publishers to commit. Default: 5 minutes.
        public var patience = Duration.seconds(300)
        /// How often it looks. Default: 200 ms.
        public var interval = Duration.milliseconds(200)
        /// After a failure or a cancellation the topic stays held, for another try. Default: false, the hold is taken back.
        public var keepsHold = false

        /// All defaults.
        public init() {}
    }

    /// Says what a change of a topic's partitions would do. It changes nothing.
    ///
    /// - Throws: `OperationRefused` where the topic or the number cannot be; `ServerProblem`.
    public func planRepartition(_ topicName: TopicName, to partitions: Int) throws -> RepartitionPlan {
        let topic = try repartitioned(topicName)
        guard (1...Self.mostPartitions).contains(partitions) else {
            throw OperationRefused(
                reason: "a topic has 1 to \(Self.mostPartitions) partitions, not \(partitions)",
                advice: .givePartitions
            )
        }
        let standing = try standing(of: topic)
        let waiting = try links.withDatabase(of: topic.owner) {
            try StatusStore(connection: $0).waiting(of: [topicName]).first?.waiting ?? 0
        }
        return RepartitionPlan(
            topic: topicName,
            before: standing.partitions,
            after: partitions,
            heldSince: standing.heldSince,
            waiting: waiting,
            groups: standing.partitions == partitions ? [] : try readiness(of: topic, standing),
            notes: notes(topic, from: standing.partitions, to: partitions)
        )
    }

    /// Gives a topic another number of partitions, and keeps the order of each key.
    ///
    /// The topic is held: publishers go on, and what they publish waits in the outbox. Its groups finish what has a position.
    /// Then the number is set, what waits is placed by it, the groups get the leases of the new layout, and the topic is let go.
    /// Each step may be made again: after a failure, or the end of this process, call it again and it goes on. With the number
    /// that the topic has it only finishes what was broken off, and tells groups that were added since of former changes.
    ///
    /// - Throws: `OperationRefused` where something stands in the way, and nothing was changed; `RepartitionUnfinished` where
    ///   the topic stays held; `ServerProblem`; `CancellationError`. In the last two cases too the hold was taken back.
    public func repartition(
        _ topicName: TopicName,
        to partitions: Int,
        settings: RepartitionSettings = RepartitionSettings(),
        onProgress: @Sendable (RepartitionProgress) -> Void = { _ in }
    ) async throws {
        let plan = try planRepartition(topicName, to: partitions)
        let topic = try repartitioned(topicName)
        if let hindrance = plan.hindrance, plan.heldSince == nil {
            throw OperationRefused(reason: hindrance.reason, advice: hindrance.advice)
        }
        let deadline = ContinuousClock.now + settings.patience
        if plan.before != partitions {
            do {
                try await switchOver(topic, to: partitions, settings, until: deadline, onProgress)
            } catch {
                try breakOff(topic, plan, settings, error)
            }
            onProgress(.switched(plan))
        }
        do {
            for group in topic.groups {
                try await tell(group, topic, partitions, settings, until: deadline)
                onProgress(.told(group))
            }
            try letGo(topic, having: partitions)
        } catch {
            throw RepartitionUnfinished(topicName, to: partitions, error)
        }
        onProgress(.letGo)
    }

    // MARK: Steps

    /// Holds the topic. Again it changes nothing.
    package func hold(_ topic: TopicContract) throws {
        try asOwner(of: topic) { try RepartitionStore(connection: $0).hold(topic.name, by: name) }
    }

    /// Waits for the groups and for publishers, and sets the number.
    package func switchOver(
        _ topic: TopicContract,
        to partitions: Int,
        _ settings: RepartitionSettings,
        until deadline: ContinuousClock.Instant,
        _ onProgress: @Sendable (RepartitionProgress) -> Void
    ) async throws {
        // Other publishers wait for as long as this waits for one, so it is short at first, and they get as long between.
        let lockWaits = Backoff(first: .milliseconds(200), cap: .seconds(2), floor: .milliseconds(200))
        var random = SystemRandomNumberGenerator()
        var refusals = 0
        while true {
            let standing = try standing(of: topic)
            // Another operator, or a COMMIT whose answer was lost.
            if standing.partitions == partitions { return }
            if standing.heldSince == nil {
                try hold(topic)
                onProgress(.held)
                continue
            }
            let groups = try readiness(of: topic, standing)
            if let hindrance = groups.lazy.compactMap(\.hindrance).first(where: { !$0.mayPass }) {
                throw OperationRefused(reason: hindrance.reason, advice: hindrance.advice)
            }
            var pause = settings.interval
            if let late = groups.first(where: { !$0.isFinished }) {
                onProgress(.draining(groups))
                try requireTime(deadline, settings) { late.hindrance?.reason ?? late.summary }
            } else {
                let patience = lockWaits.delay(after: refusals + 1, using: &random)
                let outcome = try asOwner(of: topic) {
                    try RepartitionStore(connection: $0)
                        .switchOver(topic.name, to: partitions, seen: standing, patience: patience, by: name)
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
    package func letGo(_ topic: TopicContract, having partitions: Int) throws {
        let isSo = try asOwner(of: topic) {
            try RepartitionStore(connection: $0).letGo(topic.name, having: partitions, by: name)
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
        _ settings: RepartitionSettings,
        until deadline: ContinuousClock.Instant
    ) async throws {
        let layouts = try links.withDatabase(of: topic.owner) { try LayoutStore.layouts(of: [topic.name], on: $0) }
        while true {
            let isTold = try links.withDatabase(of: group.rawValue) {
                try GroupLayoutStore(connection: $0, group: group)
                    .tell(topic.name, layouts, partitions: partitions, by: name)
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
        _ settings: RepartitionSettings,
        _ error: any Error
    ) throws -> Never {
        if let standing = try? standing(of: topic), standing.heldSince == nil { throw error }
        if !settings.keepsHold, (try? letGo(topic, having: plan.before)) != nil { throw error }
        throw RepartitionUnfinished(topic.name, to: plan.after, error)
    }

    // MARK: Looking

    /// More than any topic needs: each is a stream in Redis and a lease in each group.
    private static let mostPartitions = 1024

    private func repartitioned(_ name: TopicName) throws -> TopicContract {
        guard let topic = contract.topic(name) else {
            throw OperationRefused(reason: "the contract has no topic \(name)", advice: .seeTopics)
        }
        return topic
    }

    private func standing(of topic: TopicContract) throws -> RepartitionStore.Standing {
        let found = try links.withDatabase(of: topic.owner) {
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

    private func readiness(
        of topic: TopicContract,
        _ standing: RepartitionStore.Standing
    ) throws -> [RepartitionReadiness] {
        try topic.groups.map { group in
            try links.withDatabase(of: group.rawValue) {
                try GroupLayoutStore(connection: $0, group: group)
                    .readiness(for: topic.name, upTo: standing.ends, isHeld: standing.heldSince != nil)
            }
        }
    }

    private func notes(_ topic: TopicContract, from before: Int, to after: Int) -> [String] {
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

    /// The number of partitions is the schema's owner's: a service's own role may not set it.
    private func asOwner<R>(of topic: TopicContract, _ body: (PostgresConnection) throws -> R) throws -> R {
        try links.withDatabase(of: topic.owner) { connection in
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
