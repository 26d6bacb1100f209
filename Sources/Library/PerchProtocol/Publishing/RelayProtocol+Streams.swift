/// Comparing a stream with the log, and mending what differs.
extension RelayProtocol {
    // MARK: Compare and append

    /// The stream is under watch and this is its state: append if it ends where it was left, else ask the log.
    mutating func compare(_ lane: Int, _ state: StreamState, _ now: Duration) -> RelayAction {
        let isAuditDue = lanes[lane].auditAt <= now
        guard let tail = lanes[lane].tail, !isAuditDue, !state.endsForeign else { return consult(lane, state) }
        if state.last == tail { return append(lane, now) }
        if let index = lanes[lane].queue.firstIndex(of: state.last) {
            // The append whose reply was lost did take place, or another relay was faster.
            lanes[lane].tail = state.last
            lanes[lane].queue.removeFirst(index + 1)
            return append(lane, now)
        }
        return consult(lane, state)
    }

    private mutating func append(_ lane: Int, _ now: Duration) -> RelayAction {
        guard let tail = lanes[lane].tail, !lanes[lane].queue.isEmpty, lanes[lane].pausedUntil <= now else {
            return decide(now)
        }
        let batch = Array(lanes[lane].queue.prefix(settings.batchSize))
        let next =
            lanes[lane].queue.count > batch.count
            ? lane
            : lanes.firstIndex {
                $0.partition != lanes[lane].partition && $0.tail != nil && !$0.queue.isEmpty && $0.pausedUntil <= now
            }
        awaiting = .appended(lane, batch, next: next)
        return .stream(
            .append(
                lanes[lane].partition,
                batch,
                after: tail,
                inspecting: next.map { lanes[$0].partition }
            )
        )
    }

    mutating func settle(_ lane: Int, _ ids: [EntryID], _ outcome: RelayInput.AppendOutcome, _ now: Duration) {
        switch outcome {
        case .appended:
            lanes[lane].refusals = 0
            lanes[lane].troubles = 0
            refusalsInARow = 0
            lanes[lane].tail = ids.last
            lanes[lane].queue.removeFirst(ids.count)
            noteUntroubled(lane)
        case .raced:
            break
        case .refused:
            // They are in the log. Kept here, those of many partitions would fill the memory.
            lanes[lane].queue = []
            lanes[lane].hasMoreInLog = true
            refusalsInARow += 1
            pause(lane, now)
        }
    }

    private mutating func pause(_ lane: Int, _ now: Duration) {
        lanes[lane].refusals += 1
        let delay = settings.refused.delay(after: lanes[lane].refusals, using: &random)
        lanes[lane].pausedUntil = now + delay
        note(.refused(lanes[lane].partition, retryIn: delay))
    }

    // MARK: Reconcile

    private mutating func consult(_ lane: Int, _ state: StreamState) -> RelayAction {
        awaiting = .consulted(lane, state)
        return .log(.consult(lanes[lane].partition, state))
    }

    /// Where does the stream's last id stand in the log?
    mutating func reconcile(_ lane: Int, _ state: StreamState, _ log: LogState, _ now: Duration) -> RelayAction {
        let partition = lanes[lane].partition
        lanes[lane].auditAt = now + settings.auditEvery
        lanes[lane].needed = log.needed
        lanes[lane].rebuildsFrom = [log.needed, log.trimmed].first(where: log.covers)
        guard state.last == .zero || (log.hasLast && !state.endsForeign) else {
            // Beyond all given, or foreign: its entries past the log's will tell.
            let isBeyond = log.predecessor == log.last
            return readTail(lane, after: log.predecessor, mayAdopt: isBeyond ? log : nil)
        }
        if let tail = lanes[lane].tail, state.last < tail { note(.tailLost(partition, at: state.last)) }
        if !isSound(state, log, from: log.needed) {
            if !log.covers(past: log.needed) { note(.cannotRebuild(partition, from: log.needed + 1)) }
            // What the log no longer holds is no reason to make again what is there.
            guard isSound(state, log, from: log.trimmed), !log.covers(past: log.needed) else {
                if state.last != .zero { note(.hole(partition)) }
                return loadForRebuild(lane, now)
            }
        }
        lanes[lane].tail = state.last
        lanes[lane].queue = []
        let canGoOn = state.last != .zero && log.covers(past: state.last.position)
        lanes[lane].fillsFrom = canGoOn ? state.last.position : lanes[lane].rebuildsFrom ?? log.needed
        lanes[lane].hasMoreInLog = log.last.position > max(state.last.position, lanes[lane].fillsFrom)
        guard isSound(state, log, from: log.needed), lanes[lane].trimAt <= now, let id = state.acknowledgedBefore else {
            return decide(now)
        }
        lanes[lane].trimAt = now + settings.trimEvery
        awaiting = .trimmed(lane)
        return .trim(partition, before: id, limit: settings.trimLimit)
    }

    /// A relay at full speed fills a stream faster than one trim in `trimEvery` drops: while there is more, the next follows
    /// soon, behind another look at the stream; between them it appends, here and elsewhere.
    mutating func settleTrim(_ lane: Int, _ outcome: RelayInput.TrimOutcome, _ now: Duration) {
        switch outcome {
        case .done: break
        case .more:
            lanes[lane].trimAt = now
            lanes[lane].auditAt = now + settings.trimPause
        case .raced: lanes[lane].trimAt = now
        }
    }

    /// Length, first and last id tell the same as the log, past this position.
    private func isSound(_ state: StreamState, _ log: LogState, from position: Position) -> Bool {
        guard let first = state.first else {
            let isMadeFromStart = state.last == .zero && position == 0
            return isMadeFromStart || (state.last.position <= position && log.last.position <= position)
        }
        return log.hasFirst && first.position <= position + 1
            && state.length == state.last.position - first.position + 1
    }

    // MARK: Entries that the log does not have

    mutating func readTail(_ lane: Int, after id: EntryID, mayAdopt log: LogState?) -> RelayAction {
        awaiting = .tail(lane, mayAdopt: log)
        return .stream(.readTail(lanes[lane].partition, after: id, limit: settings.batchSize))
    }

    mutating func judge(
        _ lane: Int,
        _ entries: [RelayInput.TailEntry],
        _ mayAdopt: LogState?,
        _ now: Duration
    ) -> RelayAction {
        let partition = lanes[lane].partition
        guard let last = entries.last else {
            // The last id is nobody's entry: it was deleted, or set by hand. Only making the stream again takes it away.
            return loadForRebuild(lane, now)
        }
        if let log = mayAdopt {
            var previous = log.last
            let ours = entries.prefix { entry in
                guard entry.isOurs, entry.id.position == previous.position + 1, entry.id > previous,
                    !entry.id.isAhead(of: log.clock, by: EntryID.Ahead.relay, after: previous)
                else { return false }
                previous = entry.id
                return true
            }
            if !ours.isEmpty {
                awaiting = .adopted(lane, count: ours.count)
                return .log(.adopt(partition, ours.map(\.id)))
            }
        }
        note(.setAside(partition, count: entries.count))
        awaiting = .setAside(lane, last: last.id, isWhole: entries.count < settings.batchSize)
        return .log(.setAside(partition, entries.map(\.id)))
    }

    // MARK: Rebuild

    mutating func loadForRebuild(_ lane: Int, _ now: Duration) -> RelayAction {
        guard let from = lanes[lane].rebuildsFrom else {
            note(.cannotRebuild(lanes[lane].partition, from: lanes[lane].needed + 1))
            pause(lane, now)
            return decide(now)
        }
        awaiting = .loadedForRebuild(lane)
        return .log(.load(lanes[lane].partition, after: from, limit: settings.batchSize))
    }

    mutating func settleRebuild(
        _ lane: Int,
        _ ids: [EntryID],
        _ outcome: RelayInput.AppendOutcome,
        _ now: Duration
    ) {
        switch outcome {
        case .appended:
            note(.rebuilt(lanes[lane].partition, entries: ids.count))
            lanes[lane].tail = ids.last ?? .zero
            lanes[lane].fillsFrom = ids.last?.position ?? lanes[lane].rebuildsFrom ?? lanes[lane].needed
            lanes[lane].queue = []
            lanes[lane].hasMoreInLog = !ids.isEmpty
            lanes[lane].troubles = 0
        case .raced:
            lanes[lane].forget()
        case .refused:
            refusalsInARow += 1
            lanes[lane].forget()
            pause(lane, now)
        }
    }
}
