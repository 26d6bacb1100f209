/// What one read delivered.
struct DeliveredEvents {
    private(set) var batches: [WorkerInput.DeliveredBatch] = []
    private var events: [Partition: [Delivery]] = [:]

    /// Adds a partition's entries.
    mutating func add(_ entries: DeliveredEntries) {
        batches.append(
            .init(
                partition: entries.partition,
                ids: entries.rows.map(\.entryID),
                keys: EventKeys(count: entries.rows.count) { entries.subject($0) },
                isCutByForeignEntry: entries.isCut
            )
        )
        events[entries.partition] = entries.rows.indices.map { Delivery(entries, $0) }
    }

    /// The event at this position.
    func event(_ partition: Partition, at position: Position) -> Delivery? {
        slice(.init(partition: partition, positions: position...position)).first
    }

    /// The events of a slice, in order. Positions of what is ours and follows a checkpoint count up by one.
    func slice(_ slice: WorkerAction.Slice) -> ArraySlice<Delivery> {
        let all = events[slice.partition, default: []]
        guard let start = all.firstIndex(where: { $0.entryID.position == slice.positions.lowerBound }) else {
            return []
        }
        return all[start...].prefix(slice.positions.count)
    }
}
