/// Between rounds the owner of a partition tries again what has failed and is due, under the same fence: the first event of a
/// key, and when it takes effect those held behind it, in order.
extension WorkerProtocol {
    struct Retry: Sendable {
        let holding: Holding
        let keys: [String]
        /// The most events in the transaction.
        let limit: Int
        let isCautious: Bool
        var book: FailureBook
        var rows: [ParkedEvent] = []
        var next = 0
        var resolved: [Position] = []
        var changed: [ParkedEvent] = []
        /// Keys of which something stays.
        var stopped: Set<String> = []
        var attempted = 0
        /// Why the first one has failed, known without running its handler.
        var presumed: EventFailure?
        var conflicts = 0
        var partition: Partition { holding.partition }
    }

    enum RetryStep: Sendable {
        case counted
        case begun
        case fetched
        case tried(ParkedEvent)
        case settled
        case confirmed
        case committed
        case rolledBack
    }

    // MARK: Beginning

    /// While nearly everything fails, nothing is retried: it would use the attempts up.
    mutating func beginRetry(_ now: Duration) -> WorkerAction? {
        guard !hasJustRetried, brake.pulls == 0 else { return nil }
        let candidates = held.filter { $0.book?.nextDue.map { $0 <= now } ?? false }
        guard let chosen = candidates.min(by: { ($0.book?.nextDue ?? now) < ($1.book?.nextDue ?? now) }),
            let book = chosen.book
        else { return nil }
        let partition = chosen.holding.partition
        let isCautious = retryCautions[partition] != nil
        if isCautious, !takeTurn() { return nil }
        let limit = isCautious ? 1 : min(settings.savepoints, retryNarrowings[partition]?.limit ?? .max)
        hasJustRetried = true
        let keys = book.due(now, limit: limit)
        let begun = Retry(holding: chosen.holding, keys: keys, limit: limit, isCautious: isCautious, book: book)
        retry = begun
        guard isCautious else { return openRetry() }
        retryCautions[partition] = retryCautions[partition].flatMap { $0 > 1 ? $0 - 1 : nil }
        awaiting = .retry(.counted)
        return .countRetry(begun.holding, key: keys[0])
    }

    private mutating func openRetry() -> WorkerAction {
        awaiting = .retry(.begun)
        return .begin
    }

    // MARK: Steps

    mutating func continueRetry(_ step: RetryStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        guard var retry else { preconditionFailure("a retry goes on that was not begun") }
        defer { if self.retry != nil { self.retry = retry } }
        switch (step, input) {
        case (.counted, .counted(let counts)):
            guard let count = counts.first ?? nil else { return refuse(.fenced(retry.partition), &retry) }
            if count > policy(retry.partition).attempts { retry.presumed = Self.endsProcesses(count - 1) }
            return openRetry()
        case (.begun, .done):
            awaiting = .retry(.fetched)
            return .fetch(retry.partition, keys: retry.keys, limit: retry.limit)
        case (.fetched, .fetched(let rows)):
            retry.rows = rows
            return tryNext(&retry, now)
        case (.tried(let event), .done):
            retry.resolved.append(event.position)
            return tryNext(&retry, now)
        case (.tried(let event), .eventFailed(let failure)):
            fail(event, failure, &retry, now)
            return tryNext(&retry, now)
        case (.settled, .done):
            awaiting = .retry(.confirmed)
            return .confirm(retry.holding)
        case (.confirmed, .done):
            awaiting = .retry(.committed)
            return .commit
        case (.committed, .committed):
            finish(retry)
            self.retry = nil
            return decide(now)
        case (_, .refused(let refusal)):
            return refuse(refusal, &retry)
        case (.rolledBack, .done):
            self.retry = nil
            guard retry.conflicts > 0 else { return decide(now) }
            awaiting = .waited
            return .wait(settings.conflict.delay(after: retry.conflicts, using: &random))
        default:
            preconditionFailure("\(input) does not answer \(step)")
        }
    }

    private mutating func tryNext(_ retry: inout Retry, _ now: Duration) -> WorkerAction {
        while retry.next < retry.rows.count {
            let event = retry.rows[retry.next]
            retry.next += 1
            guard !retry.stopped.contains(event.key) else { continue }
            guard event.state != .dead else {
                retry.stopped.insert(event.key)
                retry.book.bury(event.key)
                continue
            }
            if let failure = presumedFailure(event, retry) {
                fail(event, failure, &retry, now)
            } else {
                retry.attempted += 1
                awaiting = .retry(.tried(event))
                return .retry(retry.partition, event.position)
            }
        }
        // All that there was of the others is done, unless there was more than could be fetched.
        if retry.rows.count < retry.limit {
            for key in retry.keys where !retry.stopped.contains(key) { retry.book.free(key) }
        }
        awaiting = .retry(.settled)
        return .settle(.init(partition: retry.partition, resolved: retry.resolved, changed: retry.changed))
    }

    private func presumedFailure(_ event: ParkedEvent, _ retry: Retry) -> EventFailure? {
        if let presumed = retry.presumed { return presumed }
        guard let narrowing = retryNarrowings[retry.partition], narrowing.blames(event.position) else { return nil }
        return narrowing.reason.map { EventFailure(.failed, $0) } ?? Self.connectionLost
    }

    private mutating func fail(
        _ event: ParkedEvent,
        _ failure: EventFailure,
        _ retry: inout Retry,
        _ now: Duration
    ) {
        let policy = policy(retry.partition)
        let changed = event.after(failure, by: policy, isCounted: retry.isCautious, using: &random)
        retry.changed.append(changed)
        retry.book = retry.book.with(changed, policy, now)
        if retry.book.holds(event.key) {
            retry.stopped.insert(event.key)
        } else {
            // A dead letter that lets others go on: they are due now, also those that were not fetched.
            retry.book.fail(event.key, due: now)
        }
    }

    private mutating func finish(_ retry: Retry) {
        let book = retry.book
        update(retry.partition) { $0.book = book }
        for event in retry.changed { note(.parked(retry.partition, event)) }
        if let narrowing = retryNarrowings[retry.partition] {
            let limit = narrowing.limit * 2
            retryNarrowings[retry.partition] = limit < settings.savepoints ? Narrowing(limit: limit) : nil
        }
        guard !retry.resolved.isEmpty else { return }
        note(.recovered(retry.partition, count: retry.resolved.count))
        if brake.release() { note(.brakeReleased) }
    }

    // MARK: What went wrong

    private mutating func refuse(_ refusal: WorkerInput.Refusal, _ retry: inout Retry) -> WorkerAction {
        shrink(refusal, &retry)
        awaiting = .retry(.rolledBack)
        return .rollback
    }

    private mutating func shrink(_ refusal: WorkerInput.Refusal, _ retry: inout Retry) {
        let partition = retry.partition
        switch refusal {
        case .fenced:
            mustReacquire = true
            note(.fenced(partition))
            drop(partition)
            forgetCaution(partition)
        case .conflict:
            retry.conflicts += 1
            note(.conflict(attempt: retry.conflicts))
            narrowRetries(of: partition, to: max(1, retry.attempted / 2))
        case .handler(let reason):
            // Only COMMIT has told; of one event alone it is clear which.
            retry.conflicts += 1
            if retry.attempted == 1, let event = retry.rows.first {
                retryNarrowings[partition] = .blaming(event.position, reason)
            } else {
                narrowRetries(of: partition, to: 1)
            }
        }
    }

    private mutating func narrowRetries(of partition: Partition, to limit: Int) {
        retryNarrowings[partition, default: Narrowing(limit: limit)].limit = limit
    }

    mutating func noteRetryLoss() {
        guard let retry else { return }
        if retry.rows.count == 1 {
            retryNarrowings[retry.partition, default: Narrowing(limit: 1)].loseAlone(at: retry.rows[0].position)
        } else if !retry.rows.isEmpty {
            narrowRetries(of: retry.partition, to: 1)
        }
    }
}
