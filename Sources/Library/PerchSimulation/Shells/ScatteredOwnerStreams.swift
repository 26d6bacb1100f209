import Perch
import PerchProtocol
import Redis

/// An owner's streams as if they lay on several nodes: now and then the node of one is away, before a command or after it was done, or
/// has handed the slot over, so that a transaction is aborted. Only that one's partition knows.
struct ScatteredOwnerStreams: OwnerStreams {
    private let streams: RedisOwnerStreams<SimulatedChannel>
    private unowned(unsafe) let actor: ShellActor

    init(_ streams: RedisOwnerStreams<SimulatedChannel>, of actor: ShellActor) {
        self.streams = streams
        self.actor = actor
    }

    static func failure(of error: any Error) -> ServerFailure? {
        RedisOwnerStreams<SimulatedChannel>.failure(of: error)
    }

    var isDead: Bool { streams.isDead }

    private func isDrawn() -> Bool {
        guard actor.simulation.isFaulty, actor.simulation.random.chance(perMille: 3) else { return false }
        actor.simulation.touch(actor.process)
        return true
    }

    private func throwAway(_ partition: Partition) throws {
        let simulation = actor.simulation
        if simulation.isCutOff(actor.process, from: partition) {
            let endsAll = simulation.sabotage == .oneNodeAwayEndsAll
            throw endsAll ? RedisError(.connectionLost, "a node is away") : ServerFailure(.away, SimulatedLoss())
        }
        if isDrawn() { throw ServerFailure(.away, SimulatedLoss()) }
    }

    func inspect(_ partition: Partition) throws -> StreamState {
        try throwAway(partition)
        return try streams.inspect(partition)
    }

    func readTail(_ partition: Partition, after id: EntryID, most: Int) throws -> [StreamEntry] {
        try throwAway(partition)
        return try streams.readTail(partition, after: id, most: most)
    }

    func append(
        _ entries: [LogEntry],
        to partition: Partition,
        after last: EntryID,
        inspecting next: Partition?
    ) throws -> (RelayInput.AppendOutcome, StreamState?) {
        try throwAway(partition)
        if isDrawn() { return (.raced, nil) }
        let answer = try streams.append(entries, to: partition, after: last, inspecting: next)
        try throwAway(partition)
        return isDrawn() ? (answer.0, nil) : answer
    }

    func rebuild(_ partition: Partition, _ entries: [LogEntry]) throws -> RelayInput.AppendOutcome {
        try throwAway(partition)
        if isDrawn() { return .raced }
        let outcome = try streams.rebuild(partition, entries)
        try throwAway(partition)
        return outcome
    }

    func position(of partition: Partition, notAfter milliseconds: Int64) throws -> Position {
        try throwAway(partition)
        return try streams.position(of: partition, notAfter: milliseconds)
    }

    func trim(_ partition: Partition, before id: EntryID, exactly isExact: Bool) throws -> Int? {
        try throwAway(partition)
        if isDrawn() { return nil }
        let dropped = try streams.trim(partition, before: id, exactly: isExact)
        try throwAway(partition)
        return dropped
    }

    func forgetOutstanding() throws { try streams.forgetOutstanding() }
}
