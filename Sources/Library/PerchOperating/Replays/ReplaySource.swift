import Perch
import Postgres

/// Where the events of a replay are read from, page by page: the owner's log, else the stream.
struct ReplaySource {
    enum Place {
        /// The truth, and it finds a key without sending all others.
        case log(PostgresConnection)
        case stream(OperatorStreams)
    }

    let place: Place
    let partition: Partition
    /// The topic's owner.
    let source: String

    /// The most entries of one page of a stream.
    private static let size = 1000

    struct Page {
        var events: [FoundEvent]
        /// Where the next page begins; nil: this was the last.
        var next: EntryID?
    }

    /// The events from `from` on, those of the key only. There is at least one position up to `last`.
    ///
    /// - Throws: `OperationRefused` where an entry is missing.
    func page(from: EntryID, through last: Position, key: String?) throws -> Page {
        switch place {
        case .log(let connection):
            let log = LogReader(connection: connection, source: source)
            let end = min(last, from.position + LogReader.depth - 1)
            let events = try log.events(from: from.position, through: end, key: key, limit: Self.size, of: partition)
            let isFull = events.count == Self.size
            if key == nil { try confirm(events, from: from.position, through: isFull ? nil : end) }
            let seen = isFull ? events.last?.entryID?.position ?? end : end
            return Page(events: events, next: seen < last ? EntryID(milliseconds: 0, position: seen + 1) : nil)
        case .stream(let streams):
            let found = try streams.entries(of: partition, from: .at(from), most: Self.size, source: source)
            let isFull = found.count == Self.size
            var events = found.compactMap { FoundEvent($0, in: partition) }
                .filter { ($0.entryID?.position ?? .max) <= last }
            let end = events.last?.entryID
            try confirm(events, from: from.position, through: isFull ? nil : last)
            if let key { events.removeAll { $0.envelope.subject != key } }
            guard let end, end.position < last else { return Page(events: events, next: nil) }
            return Page(events: events, next: EntryID(milliseconds: end.milliseconds, position: end.position + 1))
        }
    }

    /// Positions have no gaps: what is missing was lost on its way, and must not be passed over.
    ///
    /// - Parameter last: Nil: there may be more.
    private func confirm(_ events: [FoundEvent], from first: Position, through last: Position?) throws {
        var expected = first
        for event in events where event.entryID?.position == expected { expected += 1 }
        let isWhole = expected - first == Int64(events.count) && !events.isEmpty
        guard !isWhole || last.map({ expected <= $0 }) == true else { return }
        throw OperationRefused(
            reason: "position \(expected) of \(partition) is missing where it is read from",
            advice: .letRelayMend(owner: source)
        )
    }
}
