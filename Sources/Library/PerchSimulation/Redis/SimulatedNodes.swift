/// The Redis of a run: one server, or the nodes of a cluster, each of which has some of the streams.
///
/// A node is a master with its replica. Who takes over for it has another address: at its former one there is a replica, or nothing.
struct SimulatedNodes {
    var all: [SimulatedRedis]
    /// Of each address the node that it leads to.
    private(set) var nodes: [Int]
    /// Former addresses at which a replica answers.
    private var returned: Set<Int> = []
    /// Which node has each stream.
    var owners: [Int]
    /// Streams whose slot is just handed over, and to which node: the key may be there already.
    var arriving: [Int: Int] = [:]

    init(count: Int, streams: Int, groups: Int) {
        all = (0..<count).map { _ in SimulatedRedis(streams: streams, groups: groups) }
        nodes = Array(0..<count)
        owners = (0..<streams).map { $0 % count }
        guard count > 1 else { return }
        for node in all.indices {
            all[node].address = node
            all[node].places = owners.map { $0 == node ? .here : .moved(to: $0) }
        }
    }

    var isCluster: Bool { all.count > 1 }

    /// A stream, wherever it is.
    func stream(_ stream: Int) -> SimulatedRedis.Stream? {
        all[owners[stream]].streams[stream] ?? arriving[stream].flatMap { all[$0].streams[stream] }
    }

    func hasShrunk(_ stream: Int) -> Bool { all.contains { $0.hasShrunk[stream] } }

    /// Whether the stream can be read and appended to.
    func serves(_ stream: Int) -> Bool {
        all[owners[stream]].serves && arriving[stream] == nil
    }

    // MARK: Addresses

    func isFormer(_ address: Int) -> Bool { all[nodes[address]].address != address && isCluster }

    /// Whether a server accepts a connection there.
    func accepts(_ address: Int) -> Bool {
        let node = all[nodes[address]]
        return node.isUp && (!isFormer(address) || returned.contains(address))
    }

    mutating func connect(to address: Int, link: Int) -> Int {
        let node = nodes[address]
        let session = all[node].connect(link: link)
        if isFormer(address) { all[node].connections[session].isDemoted = true }
        return session
    }

    /// Another server is the master of the node from here on.
    ///
    /// - Parameter returns: Whether the former one answers, as a replica.
    mutating func promoteReplica(of node: Int, returns: Bool) {
        if returns { returned.insert(all[node].address) }
        nodes.append(node)
        all[node].address = nodes.count - 1
    }

    /// The stream goes from one node to another, whole.
    mutating func carry(_ stream: Int, _ from: Int, _ to: Int) {
        let content = all[from].handOver(stream)
        all[to].takeOver(stream, content)
    }

    /// Of each stream the address that a node gives for it.
    func map(of node: Int) -> [Int] {
        (all[node].places ?? []).map { place in
            switch place {
            case .here, .migrating: all[node].address
            case .moved(let other), .importing(let other): other
            }
        }
    }
}
