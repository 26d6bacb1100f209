package import Redis

/// An owner's streams on the nodes of a cluster: each partition has its own outcome.
///
/// What was inspected is watched by the connection on which that was done, and only there may it be appended: where the slot, or the
/// connection, is another one by then, it counts as raced, and the stream is inspected anew.
package final class ClusterOwnerStreams<Connections: NodeConnections>: OwnerStreams {
    private typealias Channel = Connections.Channel
    private typealias Streams = RedisOwnerStreams<Channel>

    private let nodes: ClusterNodes<Connections>
    private let sources: [TopicName: String]
    private let groups: [TopicName: [GroupName]]
    /// Of each node the partition that its connection watches.
    private var watches: [ClusterNode: (partition: Partition, connection: Channel)] = [:]

    package init(
        connections: Connections,
        naming: StreamNaming,
        sources: [TopicName: String],
        groups: [TopicName: [GroupName]]
    ) {
        nodes = ClusterNodes(connections, naming: naming)
        self.sources = sources
        self.groups = groups
    }

    /// Only all nodes together are.
    package var isDead: Bool { nodes.connections.isCutOff }

    package static func failure(of error: any Error) -> ServerFailure? {
        RedisOwnerStreams<Connections.Channel>.failure(of: error)
    }

    private func streams(at connection: Channel) -> Streams {
        Streams(connection: connection, naming: nodes.naming, sources: sources, groups: groups, rings: true)
    }

    // MARK: Look

    package func inspect(_ partition: Partition) throws -> StreamState {
        try nodes.use(partition) { node, connection in
            watches[node] = nil
            let state = try streams(at: connection).inspect(partition)
            watch(partition, node, connection)
            return state
        }
    }

    package func readTail(_ partition: Partition, after id: EntryID, most: Int) throws -> [StreamEntry] {
        try nodes.use(partition) { try streams(at: $1).readTail(partition, after: id, most: most) }
    }

    package func position(of partition: Partition, notAfter milliseconds: Int64) throws -> Position {
        try nodes.use(partition) { try streams(at: $1).position(of: partition, notAfter: milliseconds) }
    }

    private func watch(_ partition: Partition, _ node: ClusterNode, _ connection: Channel) {
        for (other, watched) in watches where watched.partition == partition { watches[other] = nil }
        watches[node] = (partition, connection)
    }

    // MARK: Change

    package func append(
        _ entries: [LogEntry],
        to partition: Partition,
        after last: EntryID,
        inspecting next: Partition?
    ) throws -> (RelayInput.AppendOutcome, StreamState?) {
        guard let next else {
            return try transact(partition, ifRaced: (.raced, nil)) { _, connection in
                try streams(at: connection).append(entries, to: partition, after: last, inspecting: nil)
            }
        }
        return try transact(partition, ifRaced: (.raced, nil)) { node, connection in
            guard let nextNode = try? nodes.node(of: next) else {
                return try streams(at: connection).append(entries, to: partition, after: last, inspecting: nil)
            }
            if nextNode == node {
                let answer = try streams(at: connection).append(entries, to: partition, after: last, inspecting: next)
                if answer.1 != nil { watch(next, node, connection) }
                return answer
            }
            // Both nodes are asked before one is waited for.
            let streams = streams(at: connection)
            let commands = try streams.sendAppend(entries, to: partition, after: last)
            try connection.flush()
            let inspection = sendInspection(next, at: nextNode)
            let outcome: RelayInput.AppendOutcome
            do {
                outcome = try streams.receiveTransaction(commands: commands)
            } catch {
                nodes.forgetOutstanding(at: nextNode)
                throw error
            }
            return (outcome, inspection.flatMap { receiveInspection(next, at: nextNode, $0) })
        }
    }

    /// Trouble of the next partition is its own: it shows again when that is inspected by itself.
    private func sendInspection(_ partition: Partition, at node: ClusterNode) -> Channel? {
        watches[node] = nil
        do {
            let connection = try nodes.connections.connection(to: node)
            try streams(at: connection).sendInspection(partition)
            try connection.flush()
            return connection
        } catch {
            _ = nodes.failure(error, of: node)
            return nil
        }
    }

    private func receiveInspection(
        _ partition: Partition,
        at node: ClusterNode,
        _ connection: Channel
    ) -> StreamState? {
        do {
            let state = try streams(at: connection).receiveInspection(partition)
            watch(partition, node, connection)
            return state
        } catch {
            nodes.forgetOutstanding(at: node)
            _ = nodes.failure(error, of: node)
            return nil
        }
    }

    package func rebuild(_ partition: Partition, _ entries: [LogEntry]) throws -> RelayInput.AppendOutcome {
        try transact(partition, ifRaced: .raced) { try streams(at: $1).rebuild(partition, entries) }
    }

    package func trim(_ partition: Partition, before id: EntryID, exactly isExact: Bool) throws -> Int? {
        try transact(partition, ifRaced: nil) { try streams(at: $1).trim(partition, before: id, exactly: isExact) }
    }

    package func forgetOutstanding() throws { nodes.forgetOutstanding() }

    /// Runs a transaction on what was inspected last, with its watch.
    ///
    /// - Parameter raced: The answer where nothing was done because the slot is another node's, or on its way to one: MOVED and ASK
    ///   abort the whole transaction.
    private func transact<R>(
        _ partition: Partition,
        ifRaced raced: R,
        _ body: (ClusterNode, Channel) throws -> R
    ) throws -> R {
        let node: ClusterNode
        do { node = try nodes.node(of: partition) } catch { throw nodes.away(error) }
        guard let watched = watches.removeValue(forKey: node), watched.partition == partition,
            watched.connection === nodes.connections.standing(of: node)
        else { return raced }
        do {
            return try body(node, watched.connection)
        } catch {
            nodes.forgetOutstanding(at: node)
            guard let cause = (error as? RefusedAppend)?.cause ?? error as? RedisError, cause.clusterTrouble != nil
            else {
                throw error
            }
            let failure = nodes.failure(cause, of: node)
            if cause.clusterTrouble != .down { return raced }
            throw failure
        }
    }
}
