/// What one read delivered.
package struct StreamRead {
    package private(set) var batches: [WorkerInput.DeliveredIDs] = []
    /// Of which partitions nothing could be read, and why.
    package var unread: [Partition: WorkerInput.Unread] = [:]
    /// What was wrong with one of these, for the log.
    var cause: (any Error)?
    private var entries: [Partition: DeliveredEntries] = [:]

    package init() {}

    /// Adds a partition's entries.
    mutating func add(_ entries: DeliveredEntries) {
        batches.append(
            .init(
                partition: entries.partition,
                ids: entries.rows.map(\.entryID),
                keys: EventKeys(count: entries.rows.count) { entries.subject($0) },
                isCutByForeignEntry: entries.isCut,
                unreadable: entries.unreadable
            )
        )
        self.entries[entries.partition] = entries
    }

    /// Whether something of the partition was read.
    func has(_ partition: Partition) -> Bool { entries[partition] != nil }

    /// The events of a slice, in order; fewer, where not all are here. Positions of what is ours and follows a checkpoint
    /// count up by one.
    func slice(_ slice: WorkerAction.Slice) -> DeliveredSlice {
        guard let entries = entries[slice.partition],
            let start = entries.rows.firstIndex(where: { $0.entryID.position == slice.positions.lowerBound })
        else { return DeliveredSlice([]) }
        return DeliveredSlice(entries, start..<min(start + slice.positions.count, entries.rows.count))
    }
}
