import Perch

/// What Redis tells of a group's partitions.
struct StatusStreams {
    let streams: OperatorStreams
    let group: GroupName

    /// Fills in the streams' ends, and what follows from them and the checkpoints.
    ///
    /// - Parameter now: The time by the clock that gives entry ids theirs; nil: ages are not known.
    func readEnds(of partitions: inout [GroupStatus.PartitionStatus], now: Int64?) throws {
        // What of a stream is in trouble stays nil: its topic's status names it.
        let ends = try streams.ends(of: group, in: partitions.map { ($0.partition, $0.checkpoint) })
        for (index, ends) in zip(partitions.indices, ends) {
            partitions[index].lastEntry = ends.last
            partitions[index].nextEntry = ends.next
            partitions[index].pending = ends.pending
            guard let last = ends.last, let checkpoint = partitions[index].checkpoint, last >= checkpoint else {
                continue
            }
            partitions[index].lag = last.position - checkpoint.position
            if last == checkpoint {
                partitions[index].oldestUnprocessedAge = .zero
            } else if let now, let next = ends.next {
                partitions[index].oldestUnprocessedAge = .milliseconds(max(0, now - next.milliseconds))
            }
        }
    }
}
