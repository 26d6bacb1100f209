package import Redis

/// A group's streams on the nodes of a cluster: each partition is answered for by itself.
///
/// A read asks all nodes before it waits for one. Where none has anything it does not block in Redis, which waits for keys of one node
/// only: it waits for the bell that whoever appends rings.
package final class ClusterGroupStreams<Connections: NodeConnections>: GroupStreams {
    private typealias Channel = Connections.Channel

    private let nodes: ClusterNodes<Connections>
    private let bells: Connections.Bells
    private let group: GroupName
    private let consumer: String
    private let sources: [TopicName: String]

    /// - Parameter interruption: Ends the wait for entries when it can be read; below zero: nothing does.
    package init(
        connections: Connections,
        naming: StreamNaming,
        group: GroupName,
        consumer: String,
        sources: [TopicName: String],
        interruption: Int32 = -1
    ) {
        nodes = ClusterNodes(connections, naming: naming)
        bells = connections.bells(interruption: interruption)
        self.group = group
        self.consumer = consumer
        self.sources = sources
    }

    package static func failure(of error: any Error) -> ServerFailure? {
        RedisGroupStreams<Connections.Channel>.failure(of: error)
    }

    private func streams(at connection: Channel) -> RedisGroupStreams<Channel> {
        RedisGroupStreams(
            connection: connection,
            naming: nodes.naming,
            group: group,
            consumer: consumer,
            sources: sources
        )
    }

    package func rewind(_ partition: Partition, to checkpoint: EntryID) throws {
        try nodes.use(partition) { node, connection in
            nodes.forgetOutstanding(at: node)
            try streams(at: connection).rewind(partition, to: checkpoint)
        }
    }

    // MARK: Read

    package func read(_ partitions: [Partition], count: Int, block: Duration) throws -> StreamRead {
        bells.forgetRings()
        let found = try look(partitions, count)
        guard block > .zero, found.batches.isEmpty, found.unread.isEmpty else { return found }
        var channels: [ClusterNode: [String]] = [:]
        for partition in partitions {
            guard let node = try? nodes.node(of: partition) else { continue }
            channels[node, default: []].append(nodes.key(partition))
        }
        let rung = bells.wait(for: channels, atMost: block)
        let again = partitions.filter { rung.contains(nodes.key($0)) }
        return again.isEmpty ? found : try look(again, count)
    }

    /// What is there now.
    private func look(_ partitions: [Partition], _ count: Int) throws -> StreamRead {
        var delivered = StreamRead()
        let divided = divided(partitions)
        for (partition, cause) in divided.nowhere {
            delivered.unread[partition] = .away
            delivered.cause = cause
        }
        var asked: [(node: ClusterNode, connection: Channel, partitions: [Partition], before: Int)] = []
        for (node, theirs) in divided.byNode {
            do {
                let connection = try nodes.connections.connection(to: node)
                let before = connection.outstanding
                let streams = streams(at: connection)
                for partition in theirs { try streams.sendRead([nodes.key(partition)], count: count, block: .zero) }
                try connection.flush()
                asked.append((node, connection, theirs, before))
            } catch {
                try leaveOut(theirs, error, of: node, &delivered)
            }
        }
        for (node, connection, theirs, before) in asked {
            do {
                for _ in 0..<before { try connection.receiveAnswer() }
                try receive(theirs, at: connection, of: node, &delivered)
            } catch {
                // What was read before the node went away is at hand.
                let missing = theirs.filter { !delivered.has($0) }
                nodes.forgetOutstanding(at: node)
                try leaveOut(missing, error, of: node, &delivered)
            }
        }
        return delivered
    }

    private func receive(
        _ partitions: [Partition],
        at connection: Channel,
        of node: ClusterNode,
        _ delivered: inout StreamRead
    ) throws {
        let streams = streams(at: connection)
        var inDoubt: [DeliveredEntries] = []
        for partition in partitions {
            do {
                try streams.receiveRead(of: [partition], [nodes.key(partition)], into: &delivered, &inDoubt)
            } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {
                try leaveOut([partition], error, of: node, &delivered)
            }
        }
        // Each by itself, which costs a round trip: what is wrong with one of them says nothing of the others.
        for entries in inDoubt {
            do {
                for settled in try streams.settled([entries]) { delivered.add(settled) }
            } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {
                try leaveOut([entries.partition], error, of: node, &delivered)
            }
        }
    }

    /// Partitions by the nodes that have them.
    private struct Divided {
        var byNode: [(node: ClusterNode, partitions: [Partition])] = []
        /// Those that no node has, and why.
        var nowhere: [(partition: Partition, cause: RedisError)] = []
    }

    private func divided(_ partitions: [Partition]) -> Divided {
        var divided = Divided()
        for partition in partitions {
            do throws(RedisError) {
                let node = try nodes.node(of: partition)
                if let place = divided.byNode.firstIndex(where: { $0.node == node }) {
                    divided.byNode[place].partitions.append(partition)
                } else {
                    divided.byNode.append((node, [partition]))
                }
            } catch {
                divided.nowhere.append((partition, error))
            }
        }
        return divided
    }

    /// - Throws: What is not the node's trouble alone.
    private func leaveOut(
        _ partitions: [Partition],
        _ error: any Error,
        of node: ClusterNode,
        _ delivered: inout StreamRead
    ) throws {
        let error = nodes.failure(error, of: node)
        guard let failure = Self.failure(of: error), failure.kind != .lost else { throw error }
        for partition in partitions { delivered.unread[partition] = failure.unread }
        delivered.cause = failure.cause
    }

    // MARK: Look

    package func peek(_ holdings: [Holding]) throws -> [WorkerInput.Peek] {
        var found = [WorkerInput.Peek](repeating: .unread(.away), count: holdings.count)
        // One that no node has is away.
        for (node, partitions) in divided(holdings.map(\.partition)).byNode {
            let places = holdings.indices.filter { partitions.contains(holdings[$0].partition) }
            do {
                let peeks = try peek(places.map { holdings[$0] }, at: node)
                for (place, peek) in zip(places, peeks) { found[place] = peek }
            } catch {
                guard let failure = Self.failure(of: error), failure.kind != .lost else { throw error }
                guard (failure.cause as? RedisError)?.clusterTrouble != .down else { continue }
                // It may be about one of them.
                for place in places { found[place] = try peekAlone(holdings[place]) }
            }
        }
        return found
    }

    private func peek(_ holdings: [Holding], at node: ClusterNode) throws -> [WorkerInput.Peek] {
        do {
            nodes.forgetOutstanding(at: node)
            return try streams(at: nodes.connections.connection(to: node)).peek(holdings)
        } catch {
            nodes.forgetOutstanding(at: node)
            throw nodes.failure(error, of: node)
        }
    }

    private func peekAlone(_ holding: Holding) throws -> WorkerInput.Peek {
        do {
            let node = try nodes.node(of: holding.partition)
            return try peek([holding], at: node).first ?? .unread(.away)
        } catch {
            guard let failure = Self.failure(of: error), failure.kind != .lost else { throw error }
            return .unread(failure.unread)
        }
    }

    // MARK: Acknowledge

    /// What is wrong with one of them shows where that is read.
    package func sweep(_ holdings: [Holding]) throws {
        for (node, partitions) in divided(holdings.map(\.partition)).byNode {
            nodes.forgetOutstanding(at: node)
            do {
                let theirs = holdings.filter { partitions.contains($0.partition) }
                try streams(at: nodes.connections.connection(to: node)).sweep(theirs)
            } catch {
                nodes.forgetOutstanding(at: node)
                try passOver(error, of: node)
            }
        }
    }

    /// One that is not acknowledged is so by the next sweep.
    package func acknowledge(_ acknowledgements: [WorkerAction.Acknowledgement]) throws {
        for acknowledgement in acknowledgements {
            guard let node = try? nodes.node(of: acknowledgement.partition) else { continue }
            do {
                try streams(at: nodes.connections.connection(to: node)).acknowledge([acknowledgement])
            } catch {
                try passOver(error, of: node)
            }
        }
    }

    package func flush() throws {
        for node in nodes.connections.standing {
            do { try nodes.connections.connection(to: node).flush() } catch { try passOver(error, of: node) }
        }
    }

    package func finish() throws { nodes.forgetOutstanding() }

    private func passOver(_ error: any Error, of node: ClusterNode) throws {
        let error = nodes.failure(error, of: node)
        guard let failure = Self.failure(of: error), failure.kind != .lost else { throw error }
    }
}
