/// Which master of a cluster has which slots, as one of its nodes said it.
package struct SlotMap: Sendable, Equatable {
    /// The masters, in the order in which they were told.
    package private(set) var masters: [ClusterNode] = []
    /// Of each slot its master's place in that list; below zero: no one has it.
    private var places = [Int16](repeating: -1, count: HashSlot.count)

    /// A map without any node.
    package init() {}

    /// Reads what CLUSTER SLOTS answers.
    ///
    /// - Parameter asked: Who answered: where it gives no host, it means itself.
    /// - Throws: `.unexpectedReply`.
    init(_ reply: borrowing RedisReply, of asked: ClusterNode) throws {
        try reply.forEach { range in
            let first = try range.withElement(0) { try $0.integer }
            let last = try range.withElement(1) { try $0.integer }
            let node = try range.withElement(2) { try Self.node($0, of: asked) }
            guard let first = HashSlot(first), let last = HashSlot(last), first <= last else {
                throw RedisError(.unexpectedReply, "\(first) to \(last) are no slots", command: "CLUSTER SLOTS")
            }
            give(first...last, to: node)
        }
    }

    private static func node(_ reply: borrowing RedisReply, of asked: ClusterNode) throws -> ClusterNode {
        let host = try reply.withElement(0) { $0.isNull ? "" : try $0.string() }
        let port = try reply.withElement(1) { try $0.integer }
        guard let node = ClusterNode(host: host.isEmpty ? asked.host : host, port: port) else {
            // "?": its name is to be told, and is not set.
            throw RedisError(
                .unexpectedReply,
                "it gives \(host):\(port) for a node, which is no address (cluster-announce-hostname, cluster-announce-port)",
                command: "CLUSTER SLOTS"
            )
        }
        return node
    }

    /// Who has the slot; nil: nobody has it.
    package subscript(_ slot: HashSlot) -> ClusterNode? {
        let place = Int(places[slot.number])
        return place < 0 ? nil : masters[place]
    }

    /// From here on this node has the slots.
    package mutating func give(_ slots: ClosedRange<HashSlot>, to node: ClusterNode) {
        let place: Int
        if let known = masters.firstIndex(of: node) {
            place = known
        } else {
            masters.append(node)
            place = masters.count - 1
        }
        for number in slots.lowerBound.number...slots.upperBound.number { places[number] = Int16(clamping: place) }
    }

    /// How many slots somebody has.
    package var covered: Int { places.reduce(0) { $0 + ($1 < 0 ? 0 : 1) } }
}
