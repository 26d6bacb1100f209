import PerchProtocol
import Postgres

/// What is done in a transaction.
extension Worker {
    func perform(_ action: WorkerAction, in rounds: inout Rounds) throws -> WorkerInput {
        switch action {
        case .begin:
            rounds.work = RoundWork(isOpen: true)
            rounds.open = Round(try connection().begin(), group: group, tracer: tracer, stop: stop)
        case .handle(let slices):
            let events = try slices.map { slice in try self.events(of: slice).without(slice.held) }
            rounds.work.firsts = events.compactMap { $0.first.map { ($0.topic, $0.time) } }
            return try handle(events, &rounds)
        case .attempt(let partition, let position):
            let event = try self.event(partition, at: position)
            if rounds.work.partitions.insert(partition).inserted {
                rounds.work.firsts.append((event.topic, event.time))
            }
            return try attempt(event, &rounds)
        case .park(let parkings):
            for parking in parkings {
                rounds.work.tally.add(parking)
                let events = try parking.events.map { parked in
                    (event: try event(parking.partition, at: parked.position), as: parked)
                }
                try rounds.open?.park(events)
            }
        case .fetch(let partition, let keys, let limit):
            guard let found = try rounds.open?.fetch(partition, keys: keys, limit: limit) else { return .failed }
            fetched = Dictionary(uniqueKeysWithValues: found.events.map { ($0.as.position, $0.event) })
            return .fetched(found.events.map(\.as), hasMore: found.hasMore)
        case .retry(_, let position):
            return try attempt(fetched[position], &rounds)
        case .retryAll:
            let events = fetched.values.sorted { $0.entryID.position < $1.entryID.position }
            return try handle([DeliverySlice(events)], &rounds)
        case .settle(let settlement):
            rounds.work.tally.add(settlement)
            try rounds.open?.settle(settlement)
        case .fence(let fence):
            try rounds.open?.fence(fence)
        case .confirm(let holding):
            try rounds.open?.confirm(holding)
        case .commit:
            guard let round = rounds.open.take() else { return .failed }
            try round.commit()
            countCommitted(rounds.work)
            rounds.work = RoundWork()
            return .committed
        case .submit:
            try rounds.submit()
        case .awaitOutcome:
            guard let work = try rounds.outcome() else { return .failed }
            countCommitted(work)
            return .committed
        case .rollback:
            rounds.open = nil
            rounds.work = RoundWork()
        default: preconditionFailure("\(action.name) is not of a round")
        }
        return .done
    }

    private func handle(_ slices: [DeliverySlice], _ rounds: inout Rounds) throws -> WorkerInput {
        guard let handled = try rounds.open?.handle(slices) else { return .failed }
        rounds.work.tally = handled.tally
        return handled.isCutShort ? .handledInPart(handled.reached) : .done
    }

    private func attempt(_ event: Delivery?, _ rounds: inout Rounds) throws -> WorkerInput {
        guard let event, let outcome = try rounds.open?.attempt(event, &rounds.work.tally) else { return .failed }
        return switch outcome {
        case .stands: .done
        case .skipped: .eventSkipped
        case .failed(let failure): .eventFailed(failure)
        }
    }

    private func countCommitted(_ work: RoundWork) {
        metrics.roundCommitted(work.tally, firsts: work.firsts, took: work.began.duration(to: .now))
        progress.mark()
    }

    /// All of the slice, by one of the last two reads: a checkpoint moves past nothing that was not there to be handled.
    private func events(of slice: WorkerAction.Slice) throws -> DeliverySlice {
        for read in [delivered, deliveredBefore] {
            let events = read.slice(slice)
            if events.count == slice.positions.count { return events }
        }
        throw EventsNotAtHand(slice: slice)
    }

    private func event(_ partition: Partition, at position: Position) throws -> Delivery {
        let slice = WorkerAction.Slice(partition: partition, positions: position...position)
        guard let event = try events(of: slice).first else { throw EventsNotAtHand(slice: slice) }
        return event
    }
}

/// The protocol asked for events that neither of the last two reads has. It begins again at the checkpoint.
struct EventsNotAtHand: Error, CustomStringConvertible {
    let slice: WorkerAction.Slice

    var description: String { "\(slice.partition) \(slice.positions) was not delivered by the last two reads" }
}
