import Perch
import PerchProtocol
import Redis

/// A group's streams as if they lay on several nodes: now and then one of them is away for a while, or has moved, and only that one's
/// partition knows.
struct ScatteredStreams: GroupStreams {
    private let streams: RedisGroupStreams<SimulatedChannel>
    private unowned(unsafe) let actor: ShellActor

    init(_ streams: RedisGroupStreams<SimulatedChannel>, of actor: ShellActor) {
        self.streams = streams
        self.actor = actor
    }

    static func failure(of error: any Error) -> ServerFailure? {
        RedisGroupStreams<SimulatedChannel>.failure(of: error)
    }

    /// Whether the partition's node is away for a while.
    private func isAway(_ partition: Partition) throws -> Bool {
        let simulation = actor.simulation
        guard simulation.isCutOff(actor.process, from: partition) else { return false }
        if simulation.sabotage == .oneNodeAwayEndsAll { throw RedisError(.connectionLost, "a node is away") }
        return true
    }

    private func draw(_ partition: Partition) throws -> WorkerInput.Unread? {
        if try isAway(partition) { return .away }
        guard actor.simulation.isFaulty, actor.simulation.random.chance(perMille: 3) else { return nil }
        actor.simulation.touch(actor.process)
        return actor.simulation.random.chance(perMille: 500) ? .away : .moved
    }

    func rewind(_ partition: Partition, to checkpoint: EntryID) throws {
        switch try draw(partition) {
        case .away?: throw ServerFailure(.away, SimulatedLoss())
        case .moved?, .groupMissing?: throw ServerFailure(.troubled, SimulatedLoss())
        case nil: break
        }
        try streams.rewind(partition, to: checkpoint)
    }

    func read(_ partitions: [Partition], count: Int, block: Duration) throws -> StreamRead {
        var unread: [Partition: WorkerInput.Unread] = [:]
        for partition in partitions { if let reason = try draw(partition) { unread[partition] = reason } }
        let present = partitions.filter { unread[$0] == nil }
        var delivered =
            present.isEmpty
            ? StreamRead() : try streams.read(present, count: count, block: unread.isEmpty ? block : .zero)
        delivered.unread.merge(unread) { $1 }
        return delivered
    }

    func peek(_ holdings: [Holding]) throws -> [WorkerInput.Peek] {
        let found = try streams.peek(holdings)
        return try zip(holdings, found).map { holding, peek in
            try draw(holding.partition).map { .unread($0) } ?? peek
        }
    }

    func sweep(_ holdings: [Holding]) throws { try streams.sweep(holdings) }

    func acknowledge(_ acknowledgements: [WorkerAction.Acknowledgement]) throws {
        try streams.acknowledge(acknowledgements)
    }

    func flush() throws { try streams.flush() }
    func finish() throws { try streams.finish() }
}
