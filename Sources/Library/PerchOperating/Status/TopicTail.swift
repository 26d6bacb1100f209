import Executors
public import Perch
import Postgres

/// Follows a topic live: what is appended to any of its partitions, as it comes. It reads beside the groups and moves none.
public actor TopicTail {
    /// An entry that came.
    public struct Entry: Sendable {
        /// Where it is.
        public let partition: Partition
        /// Its place there.
        public let id: EntryID
        /// The event; nil: a foreign entry, which the topic's owner did not publish and its relay takes out.
        public let envelope: Envelope?

        /// As it was found.
        package init(partition: Partition, id: EntryID, envelope: Envelope?) {
            (self.partition, self.id, self.envelope) = (partition, id, envelope)
        }
    }

    private let links: SystemLinks
    private let topic: TopicContract
    private let place: StreamPlace
    private var cursors: [EntryID] = []
    private let executor = ThreadExecutor(name: "perch-tail")
    /// Its own thread: reads block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter place: Where to begin in each partition.
    public init(_ system: SystemConnections, topic: TopicContract, from place: StreamPlace) {
        links = SystemLinks(system)
        self.topic = topic
        self.place = place
    }

    /// What has come since the last call, waiting for it up to `patience`; empty where nothing came.
    ///
    /// - Parameter limit: The most entries a partition at once. Call it again for more.
    /// - Throws: `ServerProblem`. The next call goes on where this one was.
    public func next(within patience: Duration = .milliseconds(500), limit: Int = 500) throws -> [Entry] {
        try links.withStreams { streams in
            let partitions = topic.allPartitions
            if cursors.isEmpty { cursors = try partitions.map { try start(in: $0, streams) } }
            let places = zip(partitions, cursors).map { (partition: $0, id: $1) }
            let reads = try streams.tail(past: places, most: limit, within: patience, source: topic.owner)
            var entries: [Entry] = []
            for read in reads {
                guard let index = partitions.firstIndex(of: read.partition) else { continue }
                // An id of somebody's that is too great to be read is asked for again and again.
                let fresh = read.entries.filter { $0.id > cursors[index] }
                if let last = fresh.last { cursors[index] = last.id }
                entries += fresh.map { Entry(partition: read.partition, id: $0.id, envelope: $0.envelope) }
            }
            if entries.isEmpty, !reads.isEmpty { ThreadSignal.pass(min(patience, .milliseconds(100))) }
            return entries.sorted { ($0.id, $0.partition) < ($1.id, $1.partition) }
        }
    }

    /// Goes to the end of each partition, past what has come and was not read.
    ///
    /// - Returns: How many events were passed; of entries that are not the owner's it cannot tell.
    /// - Throws: `ServerProblem`. What was passed until then stays so.
    public func skipToEnd() throws -> Int64 {
        try links.withStreams { streams in
            var passed: Int64 = 0
            for (index, partition) in topic.allPartitions.enumerated() where cursors.indices.contains(index) {
                let last = try streams.ends(of: partition).last
                guard last > cursors[index] else { continue }
                // Ids may be anybody's: a sum that is too great stays as great as it can be.
                let (count, isNoCount) = last.position.subtractingReportingOverflow(cursors[index].position)
                let (sum, isTooGreat) = passed.addingReportingOverflow(isNoCount ? 0 : max(0, count))
                passed = isTooGreat ? .max : sum
                cursors[index] = last
            }
            return passed
        }
    }

    private func start(in partition: Partition, _ streams: OperatorStreams) throws -> EntryID {
        switch place {
        case .beginning: .zero
        // Past the end nothing is read: a place that lies there is the end.
        case .entry(let id): min(id.predecessor, try streams.ends(of: partition).last)
        case .time(let time): EntryID(milliseconds: max(0, time.milliseconds), position: 0).predecessor
        case .end: try streams.ends(of: partition).last
        }
    }
}

extension EntryID {
    /// The greatest id below this one, for reads that begin after an id.
    fileprivate var predecessor: EntryID {
        if position > 0 { return EntryID(milliseconds: milliseconds, position: position - 1) }
        return milliseconds > 0 ? EntryID(milliseconds: milliseconds - 1, position: .max) : .zero
    }
}
