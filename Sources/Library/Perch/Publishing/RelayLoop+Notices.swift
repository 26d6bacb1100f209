import Logging
import PerchProtocol

extension RelayLoop {
    /// Logs and counts what an operator should hear of.
    func report(_ notice: RelayNotice) {
        RelayMetrics.count(notice)
        switch notice {
        case .tailLost(let partition, let id):
            logger.warning("Redis lost a stream's tail; appending it again", metadata: place(partition, id))
        case .hole(let partition):
            logger.warning("a stream has a hole; rebuilding it", metadata: place(partition))
        case .adopted(let partition, let count):
            // Which of the two it was the stream does not tell.
            logger.critical(
                """
                a stream held entries that the log did not have; they were copied into it: \
                Postgres went back to an older state, or somebody has forged them
                """,
                metadata: place(partition, count: count)
            )
        case .setAside(let partition, let count):
            logger.error(
                "foreign entries set aside into perch.foreign_entries",
                metadata: place(partition, count: count)
            )
        case .rebuilt(let partition, let count):
            logger.notice("stream rebuilt from the log", metadata: place(partition, count: count))
        case .cannotRebuild(let partition, let position):
            logger.critical(
                "a stream must be rebuilt and the log does not reach back far enough",
                metadata: Logger.Metadata([.partition: "\(partition)", .from: .number(position)])
            )
        case .refused(let partition, let delay):
            logger.warning(
                "append refused",
                metadata: Logger.Metadata([.partition: "\(partition)", .retryIn: "\(delay)"])
            )
        case .troubled(let partition, let delay):
            let cause = troubles[partition] ?? lastFailure
            let line = troubleLog.note(partition, world.now)
            let text = cause.map { String(describing: $0) } ?? "unknown"
            logger.log(line, of: partition, retryIn: delay, cause: text)
        case .untroubled(let partition):
            logger.logEnd(of: partition, after: troubleLog.end(partition, world.now))
        case .resigned(let partition, let time):
            let cause = troubles[partition] ?? lastFailure
            logger.warning(
                "a node is out of reach from here: another relay, which stands by, is let lead",
                metadata: Logger.Metadata([
                    .partition: "\(partition)", .lasted: "\(time)",
                    .error: "\(cause.map { String(describing: $0) } ?? "unknown")",
                ])
            )
        case .dueTroubled(let delay):
            logger.error(
                "delayed events that are due could not be moved into the outbox; all else goes on",
                metadata: Logger.Metadata([
                    .retryIn: "\(delay)", .error: "\(lastFailure.map { String(describing: $0) } ?? "unknown")",
                ])
            )
        case .reconnecting(let attempt, let delay):
            let cause = lastFailure.map { String(describing: $0) } ?? "unknown"
            logger.warning(
                "relay reconnects",
                metadata: Logger.Metadata([.attempt: .number(attempt), .retryIn: "\(delay)", .error: "\(cause)"])
            )
        }
    }

    /// An event was refused: it waits for an operator, and those behind it go on.
    func report(_ row: UncheckedRow, _ reason: String) {
        RelayMetrics.countRefused(row.topic)
        logger.error(
            "an event of the outbox is refused; it is in perch.refused_events",
            metadata: Logger.Metadata([
                .partition: "\(Partition(row.topic, row.partition))", .sequence: .number(row.sequence),
                .error: "\(reason)",
            ])
        )
    }

    private func place(_ partition: Partition, _ id: EntryID? = nil, count: Int? = nil) -> Logger.Metadata {
        var values: [LogKey: Logger.MetadataValue] = [.partition: "\(partition)"]
        if let id { values[.entryID] = "\(id)" }
        if let count { values[.count] = .number(count) }
        return Logger.Metadata(values)
    }
}
