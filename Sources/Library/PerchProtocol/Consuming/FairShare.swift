/// How many partitions a worker should hold so that all are held and no two workers differ by more than one.
package enum FairShare {
    /// - Parameters:
    ///   - rank: The worker's place among those that live, from 0, as all of them see it.
    ///   - workers: How many live, itself included.
    package static func of(rank: Int, among workers: Int, partitions: Int) -> Int {
        partitions / workers + (rank < partitions % workers ? 1 : 0)
    }
}
