import Logging

extension Worker {
    /// Logs and counts what an operator should hear of.
    func report(_ notice: WorkerNotice) {
        ConsumerMetrics.count(notice, group: group.name)
        let cause = lastFailure.map { String(describing: $0) } ?? "unknown"
        switch notice {
        case .acquired(let holding):
            logger.info(
                "partition acquired",
                metadata: place(
                    holding.partition,
                    [.epoch: .number(holding.epoch.rawValue), .checkpoint: "\(holding.checkpoint)"]
                )
            )
        case .released(let partition):
            logger.info("partition released", metadata: place(partition))
        case .fenced(let partition):
            logger.notice("fenced: the partition has a newer epoch", metadata: place(partition))
        case .entryMissing(let partition, let checkpoint, let look):
            logger.error(
                "the entry after the checkpoint is missing; nothing past it is processed",
                metadata: place(partition, [.checkpoint: "\(checkpoint)", .look: .number(look)])
            )
        case .entryFound(let partition):
            logger.notice("the missing entry is there again", metadata: place(partition))
        case .handlerFailing(let partition, let position, let attempt, let delay):
            logger.error(
                "a handler fails; the partition waits",
                metadata: place(
                    partition,
                    [
                        .position: .number(position), .attempt: .number(attempt), .retryIn: "\(delay)",
                        .error: "\(cause)",
                    ]
                )
            )
        case .conflict(let attempt):
            logger.debug(
                "conflict with another transaction; trying again, smaller",
                metadata: Logger.Metadata([.group: "\(group.name)", .attempt: .number(attempt)])
            )
        case .reconnecting(let attempt, let delay):
            logger.warning(
                "worker reconnects",
                metadata: Logger.Metadata(
                    [
                        .group: "\(group.name)", .attempt: .number(attempt), .retryIn: "\(delay)",
                        .error: "\(cause)",
                    ]
                )
            )
        }
    }

    private func place(
        _ partition: Partition,
        _ more: [LogKey: Logger.MetadataValue] = [:]
    ) -> Logger.Metadata {
        var values = more
        values[.group] = "\(group.name)"
        values[.partition] = "\(partition)"
        return Logger.Metadata(values)
    }
}
