import PerchProtocol

/// What a client of a cluster knows of its nodes: what `ClusterConnections` keeps of the real ones.
struct KnownNodes {
    /// The whole map is asked for at most so often.
    private static let refreshEvery = Int64.seconds(1)

    /// Of each stream where it is, as far as known; empty: not asked for yet.
    var addresses: [Int] = []
    var isDoubtful = true
    private(set) var isCutOff = false
    private var refreshedAt: Int64?
    /// Until when a node that did not answer is left alone.
    private var resting: [Int: Int64] = [:]

    /// Asks any node that answers for the map, where it is in doubt and was not asked for just now. What is known stays in use where
    /// nobody tells.
    mutating func refreshIfDue(_ simulation: Simulation, of process: Int) {
        guard isDoubtful || addresses.isEmpty else { return }
        if let refreshedAt, simulation.now - refreshedAt < Self.refreshEvery { return }
        refreshedAt = simulation.now
        let answering = simulation.nodes.all.indices.filter {
            simulation.nodes.all[$0].serves && simulation.cutOff[process] != $0
        }
        isCutOff = answering.isEmpty
        guard let node = simulation.random.pick(answering) else { return }
        addresses = simulation.nodes.map(of: node)
        isDoubtful = false
    }

    mutating func move(_ stream: Int, to address: Int) {
        if addresses.indices.contains(stream) { addresses[stream] = address }
        isDoubtful = true
    }

    /// It takes the stream to be there, and does not doubt it.
    mutating func mistake(_ stream: Int, for address: Int) {
        if addresses.indices.contains(stream) { addresses[stream] = address }
    }

    func isResting(_ address: Int, _ now: Int64) -> Bool { resting[address].map { now < $0 } ?? false }

    mutating func rest(_ address: Int, after took: Int64, _ now: Int64) {
        isDoubtful = true
        resting[address] = now + min(max(8 * took, .milliseconds(50)), .seconds(4))
    }
}
