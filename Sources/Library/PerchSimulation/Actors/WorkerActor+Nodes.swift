import PerchProtocol

/// How a worker reads from the nodes of a cluster, in the shape of `ClusterGroupStreams`: it asks for each stream by itself and does
/// not block; where there is nothing, it waits until somebody rings.
extension WorkerActor {
    func look(_ partitions: [Partition], _ count: Int, block: Int64) {
        wanted = partitions
        let asked = partitions.filter { !simulation.isOverlooked($0) || rung.contains($0.number.rawValue) }
        rung = []
        if asked.isEmpty { return block > 0 && !known.addresses.isEmpty ? listen(count, block) : deliver([]) }
        ask(asked, count, block: block)
    }

    private func ask(_ partitions: [Partition], _ count: Int, block: Int64) {
        stage = .looking(partitions, count: count, block: block)
        let reads = partitions.map {
            RedisCommand.readGroup(group, consumer: owner, streams: [$0.number.rawValue], count: count, block: 0)
        }
        simulation.send(reads, from: self)
    }

    func looked(_ partitions: [Partition], _ count: Int, _ block: Int64, _ replies: [RedisReply]) {
        var delivered: [Delivered] = []
        var unread: [Partition: WorkerInput.Unread] = [:]
        for (partition, reply) in zip(partitions, replies) {
            switch reply {
            case .delivered(let runs): delivered += runs
            case .refused(.noGroup): unread[partition] = .groupMissing
            case .refused(let refusal): unread[partition] = refusal.unread
            default: break
            }
        }
        guard block > 0, delivered.isEmpty, unread.isEmpty else { return deliver(delivered, unread: unread) }
        listen(count, block)
    }

    private func listen(_ count: Int, _ block: Int64) {
        stage = .listening(wanted, count: count)
        let places = wanted.map { (stream: $0.number.rawValue, address: known.addresses[$0.number.rawValue]) }
        simulation.listen(index, for: places)
        // It rang between the look and here.
        guard rung.isEmpty else { return lookAgain(wanted, count) }
        isListening = true
        wait(block)
    }

    /// The wait is over: what rang is looked at.
    func lookAgain(_ partitions: [Partition], _ count: Int) {
        isListening = false
        let again = partitions.filter { rung.contains($0.number.rawValue) }
        rung = []
        if again.isEmpty { return deliver([]) }
        ask(again, count, block: 0)
    }
}

extension RedisRefusal {
    /// Why nothing could be read.
    var unread: WorkerInput.Unread { if case .moved = self { .moved } else { .away } }
}
