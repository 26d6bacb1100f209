/// What the worker holds, in the partitions' order.
struct HeldPartitions: Sendable, Sequence {
    private var all: [HeldPartition] = []
    private var counts: [TopicName: Int] = [:]

    var count: Int { all.count }
    var isEmpty: Bool { all.isEmpty }

    func count(of topic: TopicName) -> Int { counts[topic, default: 0] }

    var holdings: [Holding] { all.map(\.holding) }

    subscript(partition: Partition) -> HeldPartition? { all.first { $0.partition == partition } }

    func makeIterator() -> IndexingIterator<[HeldPartition]> { all.makeIterator() }

    mutating func take(_ holdings: [Holding], _ now: Duration) {
        all += holdings.map { HeldPartition($0, at: now) }
        all.sort { $0.partition < $1.partition }
        for holding in holdings { counts[holding.partition.topic, default: 0] += 1 }
    }

    mutating func drop(_ partition: Partition) {
        let before = all.count
        all.removeAll { $0.partition == partition }
        counts[partition.topic, default: 0] -= before - all.count
    }

    mutating func dropAll() {
        all.removeAll()
        counts = [:]
    }

    /// Nothing where it is not held any more.
    mutating func update<R>(_ partition: Partition, _ change: (inout HeldPartition) -> R) -> R? {
        guard let index = all.firstIndex(where: { $0.partition == partition }) else { return nil }
        return change(&all[index])
    }

    mutating func update(_ partition: Partition, _ change: (inout HeldPartition) -> Void) {
        guard let index = all.firstIndex(where: { $0.partition == partition }) else { return }
        change(&all[index])
    }

    /// What has waited long enough starts again from the checkpoint.
    mutating func wake(_ now: Duration) {
        for index in all.indices { all[index].wake(now) }
    }
}
