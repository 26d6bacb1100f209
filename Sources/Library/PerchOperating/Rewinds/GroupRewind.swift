import Executors
public import Perch
import PerchProtocol
import Postgres

/// Empties what a group has built and lets it begin again at the first event of each stream, while new events keep flowing.
///
/// One transaction runs the group's reset, and gives each lease and checkpoint a higher epoch and position 0. The owner of a
/// partition is refused at its next fence: its transaction is rolled back, and it starts again from the beginning. If a process
/// dies at any moment, the group is either as it was or at the beginning. A second rewind starts from the beginning once more.
public actor GroupRewind {
    /// How far the group has come again.
    public struct Progress: Sendable, Hashable {
        /// How many of the events that were there at the start have taken effect again.
        public let replayed: Int
        /// How many events were there at the start.
        public let total: Int
        /// How many of the group's workers have shown life within the last seconds; without one nothing moves.
        public let workers: Int
        /// All that was there at the start has taken effect again.
        public var isDone: Bool { replayed == total }
    }

    private let group: ConsumerGroup
    private let reset: @Sendable (borrowing Transaction) throws -> Void
    private let contract: Contract
    private let configuration: ServiceConfiguration
    private let executor = ThreadExecutor(name: "perch-rewind")
    /// Its calls block a thread of its own.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var store: RewindStore?
    /// Up to where each partition had come at the start.
    private var targets: [Partition: Position] = [:]

    private static let attempts = 5
    private static let backoff = Backoff(first: .milliseconds(100), cap: .seconds(2), floor: .milliseconds(50))

    /// - Parameter configuration: As the group's workers have it.
    /// - Throws: `ResetMissing` if the group has no reset.
    public init(group: ConsumerGroup, contract: Contract, configuration: ServiceConfiguration) throws {
        guard let reset = group.reset else { throw ResetMissing(group: group.name) }
        self.group = group
        self.reset = reset
        self.contract = contract
        self.configuration = configuration
    }

    /// Empties and goes to the beginning. The workers do what follows, whether or not somebody waits for it.
    ///
    /// Where another transaction is in its way it waits, and tries again a few times.
    /// - Parameter by: Who does it, for the record in `perch.operations`, which commits with it.
    /// - Returns: The progress, with nothing done yet.
    /// - Throws: `ReachesBeforeChange` where the number of a topic's partitions was changed so that a replay would mix events;
    ///   `StreamTooShort` where neither the stream nor the log behind it begins with its first event; `UndeclaredTopic`; what the reset throws;
    ///   `RedisError`, `PostgresError`. Nothing was changed then, unless it is `.commitUnclear`: run it again.
    public func start(by: String) throws -> Progress {
        let partitions = try connectedStore().partitions(of: group.partitions(in: contract))
        // Known before anything is touched.
        let checkpoints = try connectedStore().progress(of: partitions).positions
        let streams = try connectedStreams()
        for partition in partitions { _ = try end(of: partition, read: checkpoints[partition] ?? 0, streams) }
        var random = SystemRandomNumberGenerator()
        for attempt in 1... {
            do {
                try rewind(partitions, by: by)
                break
            } catch let error as PostgresError where error.isRetriable && attempt < Self.attempts {
                ThreadSignal.pass(Self.backoff.delay(after: attempt, using: &random))
            }
        }
        return try progress()
    }

    /// Looks how far the group has come since `start`. After an error call it again: where its connection has ended it connects anew.
    ///
    /// - Throws: `PostgresError`.
    public func progress() throws -> Progress {
        let now = try connectedStore().progress(of: Array(targets.keys))
        let replayed = targets.map { min($0.value, now.positions[$0.key] ?? 0) }
        return Progress(
            replayed: Int(replayed.reduce(0, Self.sum)),
            total: Int(targets.values.reduce(0, Self.sum)),
            workers: now.workers
        )
    }

    private func rewind(_ partitions: [Partition], by: String) throws {
        let store = try connectedStore()
        try store.declare(partitions)
        let streams = try connectedStreams()
        targets = try store.rewind(partitions, by: by, reset: reset) { checkpoints in
            // From here the relays keep what the group has not read again, and until here they have kept all.
            // The group's owner, fenced off, sets it there itself; this is for the moment until then. A group that is missing holds
            // the trimming back too.
            for partition in partitions { try streams.set(group.name, in: partition, to: .zero) }
            return try checkpoints.reduce(into: [:]) { targets, checkpoint in
                let end = try end(of: checkpoint.key, read: checkpoint.value, streams)
                targets[checkpoint.key] = max(end, checkpoint.value)
            }
        }
    }

    /// The position of the stream's last entry.
    ///
    /// A stream that was trimmed, or is lost, is made again by its relay for a group that went back, as far as the log reaches.
    /// - Parameter read: How far the group has read it.
    /// - Throws: `StreamTooShort` if it does not begin at position 1 and the log is not kept for ever.
    private func end(of partition: Partition, read: Position, _ streams: OperatorStreams) throws -> Position {
        let topic = contract.topic(partition.topic)
        let stream = try streams.ends(of: partition, source: topic?.owner ?? "")
        // An entry that is not ours says nothing; the relay takes it out.
        let last = stream.endsForeign ? stream.length - 1 : stream.last.position
        if let topic, topic.archive.age == nil { return last }
        guard last > 0 || read == 0 else {
            throw StreamTooShort(partition: partition, group: group.name, found: nil)
        }
        let beginsAt = stream.first?.position ?? Self.sum(last, 1)
        guard beginsAt == 1 else {
            throw StreamTooShort(partition: partition, group: group.name, found: beginsAt)
        }
        return last
    }

    /// Whoever may XADD can give a position that is as large as any.
    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, isTooLarge) = left.addingReportingOverflow(right)
        return isTooLarge ? .max : sum
    }

    // MARK: Connections

    /// Made again where the server has ended it: between two calls minutes pass.
    private func connectedStore() throws -> RewindStore {
        store?.connection.noticeEnd()
        if let store, !store.connection.isDead { return store }
        let made = RewindStore(connection: try PostgresConnection(configuration.postgres), group: group.name)
        store = made
        return made
    }

    /// A new connection each time: there are few calls, far apart.
    private func connectedStreams() throws -> OperatorStreams {
        try OperatorStreams(configuration.redis, naming: configuration.naming)
    }
}
