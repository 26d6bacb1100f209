import Logging
import PerchProtocol

extension WorkerLoop {
    /// Logs and counts what an operator should hear of.
    func report(_ notice: WorkerNotice) {
        ConsumerMetrics.count(notice, group: group.name)
        let cause = lastFailure.map { String(describing: $0) } ?? "unknown"
        switch notice {
        case .acquired(let holding):
            // Also where it was let go of without a word, with the heartbeat's connection: it begins anew.
            _ = troubleLog.end(holding.partition, world.now)
            logger.info(
                "partition acquired",
                metadata: place(
                    holding.partition,
                    [.epoch: .number(holding.epoch.rawValue), .checkpoint: "\(holding.checkpoint)"]
                )
            )
        case .released(let partition):
            _ = troubleLog.end(partition, world.now)
            logger.info("partition released", metadata: place(partition))
        case .fenced(let partition):
            _ = troubleLog.end(partition, world.now)
            logger.notice("fenced: the partition has a newer epoch", metadata: place(partition))
        case .entryMissing(let partition, let checkpoint, let look):
            logger.error(
                "the entry after the checkpoint is missing; nothing past it is processed",
                metadata: place(partition, [.checkpoint: "\(checkpoint)", .look: .number(look)])
            )
        case .streamEndsBefore(let partition, let checkpoint, let end, let look):
            logger.error(
                "the stream ends before the checkpoint; what is appended now is not seen",
                metadata: place(partition, [.checkpoint: "\(checkpoint)", .end: "\(end)", .look: .number(look)])
            )
        case .entryEarly(let partition, let id, let time):
            logger.error(
                "the next entry's id is ahead of the clock; it is not handled yet, for the relay may take it out",
                metadata: place(partition, [.entryID: "\(id)", .ahead: "\(time)"])
            )
        case .entryFound(let partition):
            logger.notice("the missing entry is there again", metadata: place(partition))
        case .parked(let partition, let event):
            report(event, place(partition, describe(event)))
        case .recovered(let partition, let count):
            logger.info("failed events have taken effect", metadata: place(partition, [.count: .number(count)]))
        case .braked(let failed, let tried, let delay, let reason):
            logger.error(
                "nearly everything fails; nothing is parked, and the worker waits",
                metadata: Logger.Metadata([
                    .group: "\(group.name)", .count: .number(failed), .tried: .number(tried), .retryIn: "\(delay)",
                    .error: "\(reason)",
                ])
            )
        case .brakeReleased:
            logger.notice("handlers succeed again", metadata: Logger.Metadata([.group: "\(group.name)"]))
        case .countsRounds(let partition):
            logger.info(
                "the former owner ended without giving the partition back: rounds are counted before they run",
                metadata: place(partition)
            )
        case .stepsThrough(let partition, let count):
            logger.warning(
                "a round may have ended the former owner's process: its events are tried one by one",
                metadata: place(partition, [.count: .number(count)])
            )
        case .limited(let limit):
            logger.debug(
                "more is there than a limit allows: it waits in the stream",
                metadata: Logger.Metadata([.group: "\(group.name)", .limit: "\(limit)"])
            )
        case .conflict(let attempt):
            logger.debug(
                "conflict with another transaction; trying again, smaller",
                metadata: Logger.Metadata([.group: "\(group.name)", .attempt: .number(attempt)])
            )
        case .troubled(let partition, let delay):
            let line = troubleLog.note(partition, world.now)
            logger.log(line, of: partition, retryIn: delay, cause: cause, Logger.Metadata([.group: "\(group.name)"]))
        case .untroubled(let partition):
            let time = troubleLog.end(partition, world.now)
            logger.logEnd(of: partition, after: time, Logger.Metadata([.group: "\(group.name)"]))
        case .leftToOthers(let partition, let time):
            board.leave(partition, until: world.now + settings.machine.leavesFor, at: world.now)
            logger.warning(
                "the node of a partition is out of reach from here: its lease is left to other workers",
                metadata: place(partition, [.lasted: "\(time)", .error: "\(cause)"])
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

    private func report(_ event: ParkedEvent, _ metadata: Logger.Metadata) {
        switch event.state {
        case .dead:
            logger.error("a dead letter: its key waits for an operator, or goes on without it", metadata: metadata)
        // A wait is not a failure; that it is long shows in the status.
        case .failed where event.waits > 0 && event.attempts == 0:
            logger.debug("an event waits for what it needs", metadata: metadata)
        case .failed: logger.warning("an event has failed; it is tried again", metadata: metadata)
        case .held: logger.debug("an event is held", metadata: metadata)
        }
    }

    private func describe(_ event: ParkedEvent) -> [LogKey: Logger.MetadataValue] {
        [
            .position: .number(event.position), .attempt: .number(event.attempts), .retryIn: "\(event.delay)",
            .error: "\(event.reason)",
        ]
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
