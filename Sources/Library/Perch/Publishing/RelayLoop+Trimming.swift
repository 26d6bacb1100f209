import Logging
import PerchProtocol

extension RelayLoop {
    /// The most events that leave the log in one statement: also on a slow disk within the service's `statement_timeout`.
    private static var archiveLimit: Position { 20_000 }

    /// Drops what retention and archive do not keep. The stream was found sound and is under watch: nothing that a group still
    /// needs is dropped.
    func trim(
        _ partition: Partition,
        acknowledgedBefore id: EntryID,
        atMost limit: Position
    ) throws -> RelayInput.TrimOutcome {
        guard let topic = topics.first(where: { $0.name == partition.topic }), let state = inspected[partition] else {
            return .done
        }
        // The stream no longer has what lies before its first entry, and up to what is dropped here.
        var gone = min(state.first.map { $0.position - 1 } ?? state.last.position, id.position - 1)
        var hasMore = false
        if let first = state.first {
            let wanted = try unkept(partition, topic.retention, state)
            if wanted >= first.position, id.position <= wanted {
                logger.info(
                    "trimming is held back by what a group has not acknowledged",
                    metadata: Logger.Metadata([.partition: "\(partition)", .acknowledgedBefore: "\(id)"])
                )
            }
            let all = min(wanted, id.position - 1)
            let through = min(all, first.position + limit - 1)
            if through >= first.position, let last = try tables().promiseTrimmed(partition, through: through) {
                // An archive that ends has nothing left behind in the stream, also not in its last node.
                let trimmed = try streams().trim(
                    partition,
                    before: min(last.successor, id),
                    exactly: topic.archive.age != nil
                )
                guard let trimmed else { return .raced }
                if topic.archive.age != nil { gone = through }
                // Of nodes that are larger than a slice none goes: to try again at once would not help.
                hasMore = through < all && trimmed > 0
            }
        }
        if topic.archive.age != nil {
            let most = min(limit, Self.archiveLimit)
            let dropped = try tables().dropArchived(partition, through: gone, most: most)
            hasMore = hasMore || dropped >= most
        }
        return hasMore ? .more : .done
    }

    /// The last position that retention does not keep. Entries have their ids by Postgres' clock, so their age goes by it too.
    private func unkept(_ partition: Partition, _ retention: Retention, _ state: StreamState) throws -> Position {
        let byAge = try retention.age.map {
            try streams().position(of: partition, notAfter: try tables().milliseconds() - $0.milliseconds)
        }
        let byCount = retention.entries.map { state.last.position - Position($0) }
        return max(byAge ?? 0, byCount ?? 0)
    }
}
