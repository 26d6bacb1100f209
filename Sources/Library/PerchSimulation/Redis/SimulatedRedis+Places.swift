import PerchProtocol

/// What a server answers that is not the one: a node of a cluster without the slot, or a replica.
extension SimulatedRedis {
    /// Where a stream is, as a node takes it to be.
    enum Place: Equatable {
        case here
        /// The node at this address has it.
        case moved(to: Int)
        /// It is here until its key has gone to the node at this address.
        case migrating(to: Int)
        /// It comes from the node at this address, which is asked until it is here.
        case importing(from: Int)
    }

    /// Why this command is not done here; nil: it is.
    func refusal(of command: RedisCommand, _ connection: Int) -> RedisRefusal? {
        if connections[connection].isDemoted {
            guard let places else { return command.writes ? .readOnly : nil }
            guard let stream = command.stream else { return nil }
            if case .moved(let other) = places[stream] { return .moved(to: other) }
            return .moved(to: address)
        }
        guard let places, let stream = command.stream else { return nil }
        switch places[stream] {
        case .here: return nil
        case .moved(let other), .importing(let other): return .moved(to: other)
        case .migrating(let other): return streams[stream] == nil ? .ask(other) : nil
        }
    }

    /// Its server becomes a replica, and keeps its connections. Who is blocked hears of it.
    mutating func demoteConnections() {
        for index in connections.indices where connections[index].isOpen {
            connections[index].isDemoted = true
            guard connections[index].blocked != nil else { continue }
            connections[index].blocked = nil
            unblocked.append((index, .refused(.unblocked)))
        }
    }

    /// The stream goes to another node.
    mutating func handOver(_ stream: Int) -> Stream? {
        defer {
            streams[stream] = nil
            modify(stream)
        }
        return streams[stream]
    }

    /// The stream comes from another node.
    mutating func takeOver(_ stream: Int, _ content: Stream?) {
        streams[stream] = content
        modify(stream)
    }
}

extension SimulatedRedis.Stream {
    /// Without the later half of its entries, as a server had it that lagged.
    var firstHalf: Self {
        var half = self
        half.entries = Array(entries.prefix(entries.count / 2))
        half.last = half.entries.last?.id ?? .zero
        half.groups = groups.map { group in
            guard var group else { return nil }
            group.lastDelivered = min(group.lastDelivered, half.last)
            group.pending.removeAll { $0.id > half.last }
            return group
        }
        return half
    }
}
