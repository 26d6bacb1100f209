import PerchProtocol

/// What a relay knows of a cluster's nodes, in the shape of `ClusterOwnerStreams`: a transaction goes only to the node, and by the
/// connection, that has watched the stream since it was inspected.
extension RelayActor {
    func forgetWatch(_ stream: Int) {
        guard simulation.nodes.isCluster else { return }
        watches = watches.filter { $0.value.stream != stream }
        if known.addresses.indices.contains(stream) { watches[known.addresses[stream]] = nil }
    }

    func noteWatch(_ stream: Int) {
        guard simulation.nodes.isCluster else { return }
        let address = known.addresses[stream]
        watches[address] = (stream, redis[address])
    }

    /// Whether the stream is under watch; the transaction ends that.
    func takeWatch(_ stream: Int) -> Bool {
        guard simulation.nodes.isCluster, known.addresses.indices.contains(stream) else {
            return !simulation.nodes.isCluster
        }
        let address = known.addresses[stream]
        guard let watch = watches.removeValue(forKey: address), watch.stream == stream,
            let link = watch.link, redis[address] == link, !simulation.links[link].isDead
        else { return false }
        return true
    }
}
