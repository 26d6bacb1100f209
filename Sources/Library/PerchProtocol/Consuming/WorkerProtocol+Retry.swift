/// Between rounds the owner of a partition tries again what has failed and is due, under the same fence: see `Retry`.
extension WorkerProtocol {
    enum RetryStep: Sendable {
        case asked
        case counted
        case begun
        case occupied
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
        guard !hasJustRetried, !brake.isPulled else { return nil }
        let candidates = held.filter { $0.isRetryDue(now) && !limits.isWaiting($0.partition.topic, now) }
        guard let chosen = candidates.min(by: { ($0.book?.nextDue ?? now) < ($1.book?.nextDue ?? now) }) else {
            return nil
        }
        let partition = chosen.partition
        guard limits.isEmpty || mayRetry(partition.topic, now) else { return nil }
        let isCautious = retryCautions.isCautious(partition)
        if isCautious, !turn.take() { return nil }
        let isWhole = chosen.isDraining && !isCautious && retryNarrowings.limit(partition) == nil
        let most = isWhole ? settings.batchSize : settings.savepoints
        let limit = isCautious ? 1 : min(most, retryNarrowings.limit(partition) ?? .max)
        let keys = held.update(partition) { $0.takeDue(now, limit: limit) } ?? []
        guard !keys.isEmpty, let book = held[partition]?.book else { return nil }
        hasJustRetried = true
        var retry = Retry(
            holding: chosen.holding,
            keys: keys,
            limit: limit,
            isCautious: isCautious,
            isWhole: isWhole,
            book: book
        )
        if !limits.isEmpty {
            if let question = question(for: retry, now) {
                self.retry = retry
                awaiting = .retry(.asked)
                return .limits(.ask([question]))
            }
            retry.bound(to: allowed(retry))
        }
        self.retry = retry
        return prepareRetry(retry)
    }

    private mutating func prepareRetry(_ retry: Retry) -> WorkerAction {
        guard retry.isCautious, let first = retry.keys.first, !retryCautions.hasCounted(retry.partition, first) else {
            return openRetry()
        }
        retryCautions.step(retry.partition)
        awaiting = .retry(.counted)
        return .failures(.countRetry(retry.holding, key: first))
    }

    private mutating func openRetry() -> WorkerAction {
        awaiting = .retry(.begun)
        return .transaction(.begin)
    }

    // MARK: Steps

    mutating func continueRetry(_ step: RetryStep, _ input: WorkerInput, _ now: Duration) -> WorkerAction {
        // Taken out while it changes: what it holds would else be copied each time.
        guard var retry = retry.take() else { preconditionFailure("a retry goes on that was not begun") }
        let action = continueRetry(&retry, step, input, now)
        if self.retry == nil, case .retry = awaiting { self.retry = retry }
        return action
    }

    private mutating func continueRetry(
        _ retry: inout Retry,
        _ step: RetryStep,
        _ input: WorkerInput,
        _ now: Duration
    ) -> WorkerAction {
        switch (step, input) {
        case (.asked, .allowed(let answers)):
            guard let allowed = take(answers, for: retry, now) else { return decide(now) }
            retry.bound(to: allowed)
            return prepareRetry(retry)
        case (.counted, .counted(let counts)):
            guard let count = counts.first ?? nil else { return refuse(.fenced(retry.partition), &retry) }
            retryCautions.count(retry.partition, retry.keys)
            if count > policy(retry.partition).attempts { retry.presume(Self.endsProcesses(count - 1)) }
            return openRetry()
        case (.begun, .done):
            guard !limits.isEmpty, let limit = slotLimit(of: retry) else { return fetch(retry) }
            awaiting = .retry(.occupied)
            return .transaction(.occupy([limit]))
        case (.occupied, .occupied(let slots)):
            guard take(slots, for: retry, now) else { return giveUp() }
            return fetch(retry)
        case (.fetched, .fetched(let rows, let hasMore)):
            guard limits.isEmpty || begin(rows.count, of: retry, now) else { return giveUp() }
            guard retry.fetch(rows, hasMore: hasMore, savepoints: settings.savepoints) else {
                return tryNext(&retry, now)
            }
            awaiting = .retry(.handled)
            return .transaction(.retryAll(retry.partition))
        case (.handled, .done):
            retry.resolve()
            return settle(&retry, now)
        case (.handled, .handledInPart(let handled)):
            retry.resolve(upTo: handled[retry.partition] ?? 0)
            return settle(&retry, now)
        case (.tried(let event), .done), (.tried(let event), .eventSkipped):
            retry.resolve(event)
            return tryNext(&retry, now)
        case (.tried(let event), .eventFailed(let failure)):
            retry.fail(event, failure, by: policy(retry.partition), now, using: &random)
            return tryNext(&retry, now)
        case (.settled, .done):
            awaiting = .retry(.confirmed)
            return .transaction(.confirm(retry.holding))
        case (.confirmed, .done):
            awaiting = .retry(.committed)
            return .transaction(.commit)
        case (.committed, .committed):
            finish(retry)
            return decide(now)
        case (_, .refused(let refusal)):
            return refuse(refusal, &retry)
        case (.rolledBack, .done):
            guard retry.conflicts > 0 else { return decide(now) }
            awaiting = .waited
            return .wait(settings.conflict.delay(after: retry.conflicts, using: &random))
        default:
            preconditionFailure("\(input) does not answer \(step)")
        }
    }

    private mutating func fetch(_ retry: Retry) -> WorkerAction {
        awaiting = .retry(.fetched)
        return .transaction(.fetch(retry.partition, keys: retry.keys, limit: retry.limit))
    }

    /// Its limit does not allow it now: it is due as before.
    private mutating func giveUp() -> WorkerAction {
        awaiting = .retry(.rolledBack)
        return .transaction(.rollback)
    }

    private mutating func tryNext(_ retry: inout Retry, _ now: Duration) -> WorkerAction {
        while let event = retry.takeNext(isQuiet: mustStopBeginning(retry, now)) {
            let presumed = retry.presumed ?? retryNarrowings.failure(of: retry.partition, at: event.position)
            guard let presumed else {
                retry.attempt()
                awaiting = .retry(.tried(event))
                return .transaction(.retry(retry.partition, event.position))
            }
            retry.fail(event, presumed, by: policy(retry.partition), now, using: &random)
        }
        return settle(&retry, now)
    }

    private mutating func settle(_ retry: inout Retry, _ now: Duration) -> WorkerAction {
        if !limits.isEmpty { giveBack(retry.rows.count - retry.attempted, of: retry) }
        awaiting = .retry(.settled)
        return .transaction(.settle(retry.settle(now)))
    }

    private mutating func finish(_ retry: Retry) {
        held.update(retry.partition) { $0.hasRetried(retry.book, isDraining: retry.isDraining) }
        retryCautions.settle(retry.partition, retry.keys)
        for event in retry.changed { note(.parked(retry.partition, event)) }
        retryNarrowings.widen(retry.partition, upTo: settings.savepoints)
        guard !retry.resolved.isEmpty else { return }
        note(.recovered(retry.partition, count: retry.resolved.count))
        if brake.release() { note(.brakeReleased) }
    }

    // MARK: What went wrong

    private mutating func refuse(_ refusal: WorkerInput.Refusal, _ retry: inout Retry) -> WorkerAction {
        shrink(refusal, &retry)
        awaiting = .retry(.rolledBack)
        return .transaction(.rollback)
    }

    private mutating func shrink(_ refusal: WorkerInput.Refusal, _ retry: inout Retry) {
        let partition = retry.partition
        switch refusal {
        case .fenced: lose(partition)
        case .conflict:
            retry.hasConflicted()
            note(.conflict(attempt: retry.conflicts))
            retryNarrowings.narrow(partition, to: max(1, retry.attempted / 2))
        case .handler where retry.isWhole:
            // One by one from here on.
            held.update(partition) { $0.stopDraining() }
        case .handler(let reason):
            // Only COMMIT has told; of one event alone it is clear which.
            retry.hasConflicted()
            if retry.attempted == 1, let event = retry.rows.first {
                retryNarrowings.blame(partition, at: event.position, reason)
            } else {
                retryNarrowings.narrow(partition, to: 1)
            }
        }
    }

    mutating func noteRetryLoss(_ step: RetryStep) {
        guard let retry else { return }
        // It may have committed: then the next attempt is another one.
        if case .committed = step { retryCautions.settle(retry.partition, retry.keys) }
        if retry.rows.count == 1 {
            retryNarrowings.loseAlone(retry.partition, at: retry.rows[0].position)
        } else if !retry.rows.isEmpty {
            retryNarrowings.narrow(retry.partition, to: 1)
        }
    }
}
