/// How many partitions a worker should hold so that all are held and no two workers differ by more than one; of each topic, nor any two
/// processes of as many workers.
package enum FairShare {
    /// A worker that lives, as all of them see it.
    package struct Member: Hashable, Sendable {
        /// Of its process's name.
        package let process: UInt32
        /// Which of its process's workers it is.
        package let slot: Int
        /// Of its name. Two of the same number share alike.
        package let number: UInt32

        package init(process: UInt32, slot: Int, number: UInt32) {
            self.process = process
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

    /// The same for each topic. What is left over of a topic goes first to one worker of each process, then to a second one …; among those
    /// in an order of the topic's own, which does not change for those that stay when a worker comes or goes (rendezvous hashing): of one
    /// topic, one that comes takes its share, and nobody else gains any; one that goes leaves its share, and nobody else loses any.
    ///
    /// A worker that has got as much of what is left over of all topics as the mean, rounded up, is passed for another of its
    /// process, and for those of other processes whose turn is the same. A process that has fewer workers than another is passed for all others
    /// once it has got the mean for each of them. That moves a few more.
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
        let processes = Dictionary(grouping: workers.indices) { workers[$0].process }
        let largest = processes.values.map(\.count).max() ?? 0
        for topic in all.keys.sorted() {
            let partitions = shared[topic, default: 0]
            let seed = UInt64(truncatingIfNeeded: CRC32.checksum(topic.rawValue)) << 32
            var turns: [Turn] = []
            for members in processes.values {
                let isPassed =
                    members.count < largest
                    && members.reduce(0) { $0 + extras[$1] } >= members.count * most
                let order = members.sorted {
                    (extras[$0] < most ? 0 : 1, workers[$0].slot, workers[$0].number)
                        < (extras[$1] < most ? 0 : 1, workers[$1].slot, workers[$1].number)
                }
                for (number, worker) in order.enumerated() {
                    let score = score(seed | UInt64(truncatingIfNeeded: workers[worker].number))
                    turns.append(
                        Turn(
                            worker: worker,
                            key: (
                                isPassed ? 1 : 0, number, extras[worker] < most ? 0 : 1, score, workers[worker].number
                            )
                        )
                    )
                }
            }
            turns.sort { $0.key < $1.key }
            for (rank, turn) in turns.enumerated() {
                shares[turn.worker][topic] = of(rank: rank, among: workers.count, partitions: partitions)
                if rank < all[topic, default: 0] % workers.count { extras[turn.worker] += 1 }
            }
        }
        return shares
    }

    /// A worker's place among those that get one of what is left over of a topic.
    private struct Turn {
        let worker: Int
        let key: (passed: Int, inProcess: Int, isFull: Int, score: UInt64, number: UInt32)
    }

    private static func score(_ seed: UInt64) -> UInt64 {
        var mixed = SplitMix64(seed: seed)
        return mixed.next()
    }
}
