/// How many partitions a worker should hold so that all are held and no two workers differ by more than one.
package enum FairShare {
    /// A worker that lives, as all of them see it.
    package struct Member: Hashable, Sendable {
        /// Which of its process's workers it is: what is left over goes to different processes first.
        package let slot: Int
        /// Of its name. Two of the same number share alike.
        package let number: UInt32

        package init(slot: Int, number: UInt32) {
            self.slot = slot
            self.number = number
        }
    }

    /// - Parameters:
    ///   - rank: The worker's place among those that live, from 0, as all of them see it.
    ///   - workers: How many live, itself included.
    package static func of(rank: Int, among workers: Int, partitions: Int) -> Int {
        partitions / workers + (rank < partitions % workers ? 1 : 0)
    }

    /// The same for each topic. What is left over of a topic goes to those workers that come first in an order of the topic's own, which does
    /// not change for those that stay when a worker comes or goes (rendezvous hashing): of one topic, one that comes takes its share, and nobody else
    /// gains any; one that goes leaves its share, and nobody else loses any. A worker that has got as much of what is left
    /// over of all topics as the mean, rounded up, is passed, while others are there; that moves a few more.
    ///
    /// - Parameters:
    ///   - shared: How many partitions of each topic are shared now. One that is paused moves no other topic's partitions.
    ///   - all: How many each has, those included that are not shared.
    /// - Returns: Of each worker, in their order.
    package static func byTopic(
        _ workers: [Member],
        shared: [TopicName: Int],
        all: [TopicName: Int]
    ) -> [[TopicName: Int]] {
        guard !workers.isEmpty else { return [] }
        var shares = [[TopicName: Int]](repeating: [:], count: workers.count)
        var extras = [Int](repeating: 0, count: workers.count)
        let leftOver = all.values.reduce(0) { $0 + $1 % workers.count }
        let most = (leftOver + workers.count - 1) / workers.count
        for topic in all.keys.sorted() {
            let partitions = shared[topic, default: 0]
            let seed = UInt64(truncatingIfNeeded: CRC32.checksum(topic.rawValue)) << 32
            let keys = workers.map { worker in
                (
                    slot: worker.slot, score: score(seed | UInt64(truncatingIfNeeded: worker.number)),
                    number: worker.number
                )
            }
            let order = workers.indices.sorted { keys[$0] < keys[$1] }
            let first = order.filter { extras[$0] < most } + order.filter { extras[$0] >= most }
            for (rank, worker) in first.enumerated() {
                shares[worker][topic] = of(rank: rank, among: workers.count, partitions: partitions)
                if rank < all[topic, default: 0] % workers.count { extras[worker] += 1 }
            }
        }
        return shares
    }

    private static func score(_ seed: UInt64) -> UInt64 {
        var mixed = SplitMix64(seed: seed)
        return mixed.next()
    }
}
