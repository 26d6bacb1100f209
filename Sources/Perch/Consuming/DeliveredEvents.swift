/// What one read delivered, until the next read.
struct DeliveredEvents {
    private(set) var batches: [WorkerInput.DeliveredBatch] = []
    private var events: [Partition: [Delivery]] = [:]

    /// Adds a partition's entries: those before the first foreign one.
    mutating func add(_ entries: [StreamEntry], of partition: Partition) {
        let ours = entries.prefix { $0.envelope != nil }
        batches.append(
            .init(
                partition: partition,
                ids: ours.map(\.id),
                keys: ours.map { $0.envelope?.subject ?? "" },
                isCutByForeignEntry: ours.count < entries.count
            )
        )
        events[partition] = ours.compactMap { entry in
            entry.envelope.map { Delivery(partition: partition, entryID: entry.id, envelope: $0) }
        }
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
