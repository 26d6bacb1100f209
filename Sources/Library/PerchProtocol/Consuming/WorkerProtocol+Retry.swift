/// Between rounds the owner of a partition tries again what has failed and is due, under the same fence: the first event of a
/// key, and when it takes effect those held behind it, in order.
extension WorkerProtocol {
    struct Retry: Sendable {
        let holding: Holding
        let keys: [String]
        /// The most events in the transaction.
        let limit: Int
        let isCautious: Bool
        /// All at once, as a round: those before them have just taken effect.
        let isWhole: Bool
        var book: FailureBook
        var rows: [ParkedEvent] = []
        /// There may be more of these keys than were fetched, or than are tried.
        var hasMore = false
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
        case handled
        case settled
        case confirmed
        case committed
        case rolledBack
    }

    // MARK: Beginning

    /// While nearly everything fails, nothing is retried: it would use the attempts up.
    mutating func beginRetry(_ now: Duration) -> WorkerAction? {
        guard !hasJustRetried, brake.pulls == 0 else { return nil }
        let candidates = held.indices.filter { held[$0].book?.nextDue.map { $0 <= now } ?? false }
        guard let chosen = candidates.min(by: { (held[$0].book?.nextDue ?? now) < (held[$1].book?.nextDue ?? now) })
        else { return nil }
        let holding = held[chosen].holding
        let partition = holding.partition
        let isCautious = retryCautions[partition] != nil
        if isCautious, !takeTurn() { return nil }
        let isWhole = held[chosen].isDraining && !isCautious && retryNarrowings[partition] == nil
        let most = isWhole ? settings.batchSize : settings.savepoints
        let limit = isCautious ? 1 : min(most, retryNarrowings[partition]?.limit ?? .max)
        guard let keys = held[chosen].book?.due(now, limit: limit), !keys.isEmpty, let book = held[chosen].book
        else { return nil }
        hasJustRetried = true
        let begun = Retry(
            holding: holding,
            keys: keys,
            limit: limit,
            isCautious: isCautious,
            isWhole: isWhole,
            book: book
        )
        retry = begun
        // Counted by this process, which lives: no further attempt.
        guard isCautious, countedRetries[partition]?.contains(keys[0]) != true else { return openRetry() }
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
            countedRetries[retry.partition, default: []].formUnion(retry.keys)
            if count > policy(retry.partition).attempts { retry.presumed = Self.endsProcesses(count - 1) }
            return openRetry()
        case (.begun, .done):
            awaiting = .retry(.fetched)
            return .fetch(retry.partition, keys: retry.keys, limit: retry.limit)
        case (.fetched, .fetched(let rows, let hasMore)):
            retry.hasMore = hasMore
            return fetched(rows, &retry, now)
        case (.handled, .done):
            retry.resolved = retry.rows.map(\.position)
            return settle(&retry, now)
        case (.handled, .handledInPart(let handled)):
            let last = handled[retry.partition] ?? 0
            retry.resolved = retry.rows.map(\.position).filter { $0 <= last }
            retry.stopped.formUnion(retry.rows.filter { $0.position > last }.map(\.key))
            return settle(&retry, now)
        case (.tried(let event), .done), (.tried(let event), .eventSkipped):
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
            if isQuiet, retry.next > 0 {
                // The rest is the next owner's.
                retry.stopped.formUnion(retry.rows[retry.next...].map(\.key))
                break
            }
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
        return settle(&retry, now)
    }

    private mutating func fetched(_ rows: [ParkedEvent], _ retry: inout Retry, _ now: Duration) -> WorkerAction {
        retry.rows = rows
        if retry.isWhole, !rows.isEmpty, rows.allSatisfy({ $0.state != .dead }) {
            retry.attempted = rows.count
            awaiting = .retry(.handled)
            return .retryAll(retry.partition)
        }
        if rows.count > settings.savepoints {
            retry.rows = Array(rows.prefix(settings.savepoints))
            retry.hasMore = true
        }
        return tryNext(&retry, now)
    }

    private mutating func settle(_ retry: inout Retry, _ now: Duration) -> WorkerAction {
        // All that there was of the others is done; what was more than could be fetched is next, behind what is due now.
        for key in retry.keys where !retry.stopped.contains(key) {
            if retry.hasMore { retry.book.fail(key, due: now) } else { retry.book.free(key) }
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
        let changed = event.after(
            failure,
            by: policy,
            isCounted: retry.isCautious,
            waiting: retry.book.count,
            using: &random
        )
        retry.changed.append(changed)
        retry.book.enter(changed, policy, now)
        if retry.book.holds(event.key) {
            retry.stopped.insert(event.key)
        } else {
            // A dead letter that lets others go on: they are due now, also those that were not fetched.
            retry.book.fail(event.key, due: now)
        }
    }

    private mutating func finish(_ retry: Retry) {
        let book = retry.book
        let isDraining = retry.hasMore && retry.stopped.isEmpty && !retry.resolved.isEmpty
        update(retry.partition) {
            $0.book = book
            $0.isDraining = isDraining
        }
        countedRetries[retry.partition]?.subtract(retry.keys)
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
        case .handler where retry.isWhole:
            // One by one from here on.
            update(partition) { $0.isDraining = false }
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

    mutating func noteRetryLoss(_ step: RetryStep) {
        guard let retry else { return }
        // It may have committed: then the next attempt is another one.
        if case .committed = step { countedRetries[retry.partition]?.subtract(retry.keys) }
        if retry.rows.count == 1 {
            retryNarrowings[retry.partition, default: Narrowing(limit: 1)].loseAlone(at: retry.rows[0].position)
        } else if !retry.rows.isEmpty {
            narrowRetries(of: retry.partition, to: 1)
        }
    }
}
