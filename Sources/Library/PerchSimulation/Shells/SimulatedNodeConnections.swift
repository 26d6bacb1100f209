import Perch
import PerchProtocol
import Redis

/// Connections to the nodes of a simulated cluster, in the shape of `ClusterConnections`, which this stands for: who has a stream is
/// known by a map that MOVED corrects, and that is asked for anew, at most once a second, where it is in doubt; a node to which no
/// connection came about is left alone for a while.
final class SimulatedNodeConnections: NodeConnections {
    private unowned(unsafe) let actor: ShellActor
    private let slots: [HashSlot]
    private var channels: [ClusterNode: SimulatedChannel] = [:]

    /// - Throws: Where no node gives the map.
    init(of actor: ShellActor) throws {
        self.actor = actor
        slots = actor.simulation.partitions.indices.map { HashSlot(of: "t:\($0)") }
        actor.known = KnownNodes()
        actor.known.refreshIfDue(actor.simulation, of: actor.process)
        guard !actor.known.addresses.isEmpty else {
            actor.noteLoss()
            throw RedisError(.connectionFailed, "no node gives the map")
        }
    }

    static func node(at address: Int) -> ClusterNode {
        guard let node = ClusterNode(host: "node", port: address + 1) else {
            preconditionFailure("\(address) is no address")
        }
        return node
    }

    static func address(of node: ClusterNode) -> Int { node.port - 1 }

    var isCutOff: Bool {
        let endsAll = actor.simulation.sabotage == actor.endingAll && actor.known.isDoubtful
        guard actor.known.isCutOff || endsAll else { return false }
        actor.noteLoss()
        return true
    }

    /// In one order, or a seed would not give the same run.
    var standing: [ClusterNode] { channels.filter { !$0.value.isDead }.map(\.key).sorted { $0.port < $1.port } }

    func standing(of node: ClusterNode) -> SimulatedChannel? {
        channels[node].flatMap { $0.isDead ? nil : $0 }
    }

    func node(of slot: HashSlot) throws(RedisError) -> ClusterNode {
        actor.known.refreshIfDue(actor.simulation, of: actor.process)
        guard let stream = slots.firstIndex(of: slot), actor.known.addresses.indices.contains(stream) else {
            throw RedisError(.redirected, "no node has slot \(slot)", prefix: .clusterDown)
        }
        return Self.node(at: actor.known.addresses[stream])
    }

    func connection(to node: ClusterNode) throws -> SimulatedChannel {
        if let channel = channels[node] {
            if !channel.isDead { return channel }
            channels[node] = nil
        }
        let (address, simulation) = (Self.address(of: node), actor.simulation)
        let away = RedisError(.connectionFailed, "\(node) is away")
        if actor.known.isResting(address, simulation.now) { throw away }
        let server = simulation.nodes.all[simulation.nodes.nodes[address]]
        let reaches = simulation.reaches(actor.process, address)
        guard simulation.nodes.accepts(address), !server.isSilent, reaches else {
            let connectTimeout = server.isUp && (server.isSilent || !reaches) ? Duration.milliseconds(500) : .zero
            if connectTimeout > .zero { actor.sleep(connectTimeout) }
            actor.noteLoss()
            actor.known.rest(address, after: connectTimeout.virtual, simulation.now)
            throw away
        }
        let made = SimulatedChannel(of: actor, to: address)
        channels[node] = made
        return made
    }

    @discardableResult
    func note(_ error: RedisError, from node: ClusterNode) -> ClusterTrouble? {
        let trouble = error.clusterTrouble
        switch trouble {
        case .moved?:
            if let (slot, owner) = error.movedTo(from: node), let stream = slots.firstIndex(of: slot) {
                actor.known.move(stream, to: Self.address(of: owner))
            }
        case .down?: actor.known.isDoubtful = true
        case .migrating?, nil: break
        }
        if error.isConnectionDead { channels[node] = nil }
        return trouble
    }

    func drop(_ node: ClusterNode) { channels[node] = nil }

    func bells(interruption: Int32) -> SimulatedBells { SimulatedBells(of: actor) }
}

/// The bells of a simulated cluster, in the shape of `ClusterBells`.
final class SimulatedBells: NodeBells {
    private unowned(unsafe) let actor: ShellActor

    init(of actor: ShellActor) { self.actor = actor }

    func wait(for channels: [ClusterNode: [String]], atMost limit: Duration) -> Set<String> {
        let places = channels.flatMap { node, keys in
            keys.map { (stream: Int($0.dropFirst(2)) ?? 0, address: SimulatedNodeConnections.address(of: node)) }
        }
        // In one order, or a seed would not give the same run.
        actor.simulation.listen(actor.index, for: places.sorted { $0.stream < $1.stream })
        actor.listen(atMost: limit)
        actor.heard = take()
        return Set(actor.heard.map { "t:\($0)" })
    }

    func forgetRings() { _ = take() }

    private func take() -> Set<Int> {
        defer { actor.rung = [] }
        return actor.rung
    }
}
