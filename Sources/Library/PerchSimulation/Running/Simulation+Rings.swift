import PerchProtocol

/// The bells of a cluster: whoever appends to a stream rings for those who wait for it.
extension Simulation {
    struct Listener {
        let actor: Int
        let stream: Int
        let address: Int
    }

    /// The actor listens for these streams, at these addresses, and for no others. One that it begins to listen for counts as rung.
    func listen(_ actor: Int, for streams: [(stream: Int, address: Int)]) {
        let before = listeners.filter { $0.actor == actor }
        listeners.removeAll { listener in
            listener.actor == actor
                && !streams.contains { $0.stream == listener.stream && $0.address == listener.address }
        }
        for (stream, address) in streams {
            if before.contains(where: { $0.stream == stream && $0.address == address }) { continue }
            let node = nodes.nodes[address]
            // A node that is away is listened to in vain, and one that has not got the stream says so.
            guard nodes.accepts(address), !nodes.all[node].isSilent, reaches(actors[actor].process, address) else {
                continue
            }
            if !nodes.isFormer(address), nodes.owners[stream] == node {
                listeners.append(Listener(actor: actor, stream: stream, address: address))
            }
            queue.schedule(.ring(actor: actor, stream: stream), at: now + latency())
        }
    }

    /// Sabotaged: where rings were lost, nobody looks.
    func isOverlooked(_ partition: Partition) -> Bool {
        sabotage == .noLookWithoutRing && deafUntil[partition.number.rawValue] != nil
    }

    func passOnRings(of node: Int) {
        let rings = nodes.all[node].rings
        nodes.all[node].rings = []
        for stream in rings {
            if isFaulty, let until = deafUntil[stream], now < until { continue }
            for listener in listeners where listener.stream == stream && nodes.nodes[listener.address] == node {
                queue.schedule(.ring(actor: listener.actor, stream: stream), at: now + latency())
            }
        }
    }

    /// The node ends the subscriptions to a stream that it no longer has: who listened hears that.
    ///
    /// - Parameter process: Whose alone end; nil: everybody's.
    func ring(_ stream: Int, of node: Int, for process: Int? = nil) {
        let ended = { [self] (listener: Listener) in
            listener.stream == stream && nodes.nodes[listener.address] == node
                && (process == nil || actors[listener.actor].process == process)
        }
        for listener in listeners where ended(listener) {
            queue.schedule(.ring(actor: listener.actor, stream: stream), at: now + latency())
        }
        listeners.removeAll(where: ended)
    }

    /// The node's connections are broken.
    func ringAll(of node: Int) {
        guard nodes.isCluster else { return }
        for stream in partitions.indices { ring(stream, of: node) }
    }
}
