/// Which partitions' transactions are smaller than they could be, since a connection was lost in one, or COMMIT was refused.
struct Narrowings: Sendable {
    private var narrowings: [Partition: Narrowing] = [:]

    static let connectionLost = EventFailure(
        .failed,
        "the connection to Postgres was lost \(Narrowing.mostLosses) times in a row while it was handled, alone"
    )

    var isEmpty: Bool { narrowings.isEmpty }

    /// The most events in a transaction; nil: as many as there are.
    func limit(_ partition: Partition) -> Int? { narrowings[partition]?.limit }

    /// Why this event has failed, where that is known without running its handler.
    func failure(of partition: Partition, at position: Position) -> EventFailure? {
        guard let narrowing = narrowings[partition], narrowing.blames(position) else { return nil }
        return narrowing.reason.map { EventFailure(.failed, $0) } ?? Self.connectionLost
    }

    /// What was known of single events is kept.
    mutating func narrow(_ partition: Partition, to limit: Int) {
        narrowings[partition, default: Narrowing(limit: limit)].limit = limit
    }

    /// It was lost with several events in it: of none of them is anything known.
    mutating func restart(_ partition: Partition, at limit: Int) { narrowings[partition] = Narrowing(limit: limit) }

    /// It was lost with nothing but this event in it.
    mutating func loseAlone(_ partition: Partition, at position: Position) {
        narrowings[partition, default: Narrowing(limit: 1)].loseAlone(at: position)
    }

    /// COMMIT has told that it is this event.
    mutating func blame(_ partition: Partition, at position: Position, _ reason: String) {
        narrowings[partition] = .blaming(position, reason)
    }

    /// It went well: the next may be larger.
    mutating func widen(_ partition: Partition, upTo most: Int) {
        guard let narrowing = narrowings[partition] else { return }
        let limit = narrowing.limit * 2
        narrowings[partition] = limit < most ? Narrowing(limit: limit) : nil
    }
}
