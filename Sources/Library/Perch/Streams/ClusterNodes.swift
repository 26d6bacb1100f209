import Redis

/// The nodes of a cluster as the streams of partitions need them: which node has a stream, and what it means that it does not answer.
///
/// A command goes once. Where the slot has moved, the map is corrected by that, and the same is tried once more at the new node.
final class ClusterNodes<Connections: NodeConnections> {
    let connections: Connections
    let naming: StreamNaming
    private var places: [Partition: (key: String, slot: HashSlot)] = [:]

    init(_ connections: Connections, naming: StreamNaming) {
        self.connections = connections
        self.naming = naming
    }

    func key(_ partition: Partition) -> String { place(of: partition).key }

    private func place(of partition: Partition) -> (key: String, slot: HashSlot) {
        if let known = places[partition] { return known }
        let key = naming.key(partition)
        let place = (key, HashSlot(of: key))
        places[partition] = place
        return place
    }

    /// - Throws: `RedisError` where no node has the slot.
    func node(of partition: Partition) throws(RedisError) -> ClusterNode {
        try connections.node(of: place(of: partition).slot)
    }

    /// Runs the body with the connection to the node that has the partition's stream.
    ///
    /// - Throws: `ServerFailure`: `.away` where the node is to blame, `.lost` where no node of the cluster answers any more; what the
    ///   body throws.
    func use<R>(_ partition: Partition, _ body: (ClusterNode, Connections.Channel) throws -> R) throws -> R {
        do {
            return try useOnce(partition, body)
        } catch let failure as ServerFailure where (failure.cause as? RedisError)?.clusterTrouble == .moved {
            return try useOnce(partition, body)
        }
    }

    private func useOnce<R>(_ partition: Partition, _ body: (ClusterNode, Connections.Channel) throws -> R) throws -> R
    {
        let node: ClusterNode
        do { node = try self.node(of: partition) } catch { throw away(error) }
        do {
            return try body(node, try connections.connection(to: node))
        } catch {
            forgetOutstanding(at: node)
            throw failure(error, of: node)
        }
    }

    /// What an error of a node means: its own trouble ends nothing of the others.
    func failure(_ error: any Error, of node: ClusterNode) -> any Error {
        switch error {
        case let error as RedisError:
            guard connections.note(error, from: node) != nil || error.concernsServer else { return error }
            return away(error)
        case let error as UnfitRedis: return ServerFailure(.away, error)
        default: return error
        }
    }

    func away(_ error: RedisError) -> ServerFailure {
        ServerFailure(connections.isCutOff ? .lost : .away, error)
    }

    /// Reads the node's replies that are on their way, whatever they say; where they do not come, its connection is dropped.
    func forgetOutstanding(at node: ClusterNode) {
        guard let connection = connections.standing(of: node) else { return }
        do {
            try connection.forgetOutstanding()
        } catch {
            connections.drop(node)
        }
    }

    /// The same of all nodes.
    func forgetOutstanding() {
        for node in connections.standing { forgetOutstanding(at: node) }
    }
}

extension RedisChannel {
    /// Reads all replies that are on their way, whatever they say.
    fileprivate func forgetOutstanding() throws {
        while outstanding > 0 { try receiveAnswer() }
    }

    /// Reads the oldest reply that is on its way, whatever it says.
    func receiveAnswer() throws {
        do { try receive { _ in } } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {}
    }
}

extension ServerFailure {
    /// Why nothing could be read of a partition.
    var unread: WorkerInput.Unread {
        switch kind {
        case .groupMissing: .groupMissing
        case .lost, .troubled, .away, .refused, .interrupted, .fatal:
            (cause as? RedisError)?.clusterTrouble == .moved ? .moved : .away
        }
    }
}
