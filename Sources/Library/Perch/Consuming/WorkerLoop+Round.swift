import PerchProtocol

/// What is done in a transaction.
extension WorkerLoop {
    func perform(_ action: WorkerAction.Transaction) throws -> WorkerInput {
        switch action {
        case .begin:
            open = PendingRound(began: world.now)
            try tables().begin()
        case .occupy(let limits): return .occupied(try tables().occupy(limits))
        case .handle(let slices):
            let events = try slices.map { slice in try self.events(of: slice).without(slice.held) }
            open?.firsts = events.compactMap { $0.first.map { ($0.topic, $0.time) } }
            return try handle(events)
        case .attempt(let partition, let position):
            let event = try self.event(partition, at: position)
            if open?.partitions.insert(partition).inserted == true { open?.firsts.append((event.topic, event.time)) }
            return try attempt(event)
        case .park(let parkings):
            for parking in parkings {
                open?.tally.add(parking)
                let events = try parking.events.map { parked in
                    (event: try event(parking.partition, at: parked.position), as: parked)
                }
                try tables().park(events)
            }
        case .fetch(let partition, let keys, let limit):
            let found = try tables().fetch(partition, keys: keys, limit: limit)
            fetched = Dictionary(uniqueKeysWithValues: found.events.map { ($0.as.position, $0.event) })
            return .fetched(found.events.map(\.as), hasMore: found.hasMore)
        case .retry(_, let position):
            return try attempt(fetched[position])
        case .retryAll:
            let events = fetched.values.sorted { $0.entryID.position < $1.entryID.position }
            return try handle([DeliveredSlice(events)])
        case .settle(let settlement):
            open?.tally.add(settlement)
            try tables().settle(settlement)
        case .fence(let fence):
            try tables().fence(fence)
        case .confirm(let holding):
            try tables().confirm(holding)
        case .commit:
            guard let work = open else { return .failed }
            try tables().commit()
            open = nil
            countCommitted(work)
            return .committed
        case .submit:
            guard let work = open else { return .failed }
            try tables().submit()
            open = nil
            submitted.append(work)
        case .awaitOutcome:
            guard let work = submitted.first else { return .failed }
            do {
                try tables().outcome()
            } catch let refused as RefusedRound {
                submitted.removeFirst()
                throw refused
            }
            submitted.removeFirst()
            countCommitted(work)
            return .committed
        case .rollback:
            try tables().rollback()
            open = nil
        }
        return .done
    }

    private func handle(_ slices: [DeliveredSlice]) throws -> WorkerInput {
        let handled = try dispatch.handle(slices, in: tables(), by: deadlines)
        open?.tally = handled.tally
        return handled.isCutShort ? .handledInPart(handled.reached) : .done
    }

    private func attempt(_ event: Delivery?) throws -> WorkerInput {
        guard let event, var tally = open?.tally else { return .failed }
        let outcome = try dispatch.attempt(event, in: tables(), &tally)
        open?.tally = tally
        return switch outcome {
        case .stands: .done
        case .skipped: .eventSkipped
        case .failed(let failure): .eventFailed(failure)
        }
    }

    private func countCommitted(_ work: PendingRound) {
        metrics.roundCommitted(work.tally, firsts: work.firsts, took: world.now - work.began)
        progress.mark()
    }

    /// All of the slice, by one of the last two reads: a checkpoint moves past nothing that was not there to be handled.
    private func events(of slice: WorkerAction.Slice) throws -> DeliveredSlice {
        for read in [delivered, deliveredBefore] {
            let events = read.slice(slice)
            if events.count == slice.positions.count { return events }
        }
        throw ServerFailure(.lost, EventsNotAtHand(slice: slice))
    }

    private func event(_ partition: Partition, at position: Position) throws -> Delivery {
        let slice = WorkerAction.Slice(partition: partition, positions: position...position)
        guard let event = try events(of: slice).first else { throw ServerFailure(.lost, EventsNotAtHand(slice: slice)) }
        return event
    }
}

/// The protocol asked for events that neither of the last two reads has. It begins again at the checkpoint.
struct EventsNotAtHand: Error, CustomStringConvertible {
    let slice: WorkerAction.Slice

    var description: String { "\(slice.partition) \(slice.positions) was not delivered by the last two reads" }
}
