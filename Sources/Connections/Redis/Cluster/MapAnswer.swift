/// A node's map, and what the node says of its own state.
struct MapAnswer: Sendable {
    let map: SlotMap
    /// False where it says that the cluster is not: it is cut off from most of the masters, or a slot has none and all are wanted. A node
    /// that is cut off does not learn who took over.
    let isInOrder: Bool
    /// The highest epoch that it has seen: it grows with each failover.
    let epoch: Int

    /// - Parameter info: What it answers to CLUSTER INFO; empty where it tells nothing, and then it counts as in order.
    init(_ map: SlotMap, info: String) {
        self.map = map
        var fields: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
        isInOrder = fields["cluster_state"] != "fail"
        epoch = fields["cluster_current_epoch"].flatMap { Int($0) } ?? 0
    }
}

/// Which of several nodes' maps is taken: the first of one that is in order; where none is, that of the highest epoch.
struct MapAnswers {
    private(set) var best: MapAnswer?

    /// Whether no further node is to be asked.
    var isSettled: Bool { best?.isInOrder == true }

    mutating func add(_ answer: MapAnswer) {
        guard let known = best else { return best = answer }
        if known.isInOrder { return }
        if answer.isInOrder || answer.epoch > known.epoch { best = answer }
    }
}
