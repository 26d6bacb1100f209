/// How many partitions a worker should hold so that all are held and no two workers differ by more than one.
package enum FairShare {
    /// - Parameters:
    ///   - rank: The worker's place among those that live, from 0, as all of them see it.
    ///   - workers: How many live, itself included.
    package static func of(rank: Int, among workers: Int, partitions: Int) -> Int {
        partitions / workers + (rank < partitions % workers ? 1 : 0)
    }

    /// The same for each topic. What is left over of a topic goes to the workers behind those that had what was left over of the
    /// topics before, so that also over all topics no two differ by more than one, where all partitions are shared.
    ///
    /// - Parameters:
    ///   - shared: How many partitions of each topic are shared now. One that is paused moves no other topic's partitions.
    ///   - all: How many each has, those included that are not shared.
    package static func byTopic(
        rank: Int,
        among workers: Int,
        shared: [TopicName: Int],
        all: [TopicName: Int]
    ) -> [TopicName: Int] {
        var shares: [TopicName: Int] = [:]
        var first = 0
        for topic in all.keys.sorted() {
            let place = (rank - first % workers + workers) % workers
            shares[topic] = of(rank: place, among: workers, partitions: shared[topic, default: 0])
            first += all[topic, default: 0] % workers
        }
        return shares
    }
}
