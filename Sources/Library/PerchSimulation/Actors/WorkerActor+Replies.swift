import PerchProtocol

extension WorkerActor {
    func resume(_ replies: [RedisReply]) {
        // It is a replica: a new connection may lead to the master.
        if replies.contains(where: \.isReadOnly), simulation.sabotage != .readOnlyTakenAsRefusal {
            return advance(.failed)
        }
        switch stage {
        case .rewinding, .rewindPending, .rewindAcknowledging:
            if replies.contains(where: { $0.nodeRefusal != nil || $0.isReadOnly }) { return advance(.troubled) }
        default: break
        }
        switch stage {
        case .rewinding(let partition, let id): rewound(partition, id, replies)
        case .rewindPending(let partition, let id):
            guard case .ids(let ids)? = replies.first else { return advance(.failed) }
            if ids.isEmpty { return advance(.done) }
            stage = .rewindAcknowledging(partition, id)
            send(RedisCommand.acknowledge(partition, group, ids))
        case .rewindAcknowledging(let partition, let id):
            stage = .rewindPending(partition, id)
            send(RedisCommand.pending(partition, group, upTo: id, count: 10))
        case .reading(let asked):
            switch replies.first {
            case .delivered(let delivered)?: deliver(delivered)
            // Which group is gone is not said for a blocked reader.
            case .refused(.noGroup)?:
                advance(.delivered([], unread: Dictionary(uniqueKeysWithValues: asked.map { ($0, .groupMissing) })))
            default: advance(.failed)
            }
        case .looking(let partitions, let count, let block): looked(partitions, count, block, replies)
        case .peeking(let holdings):
            let found = holdings.enumerated().map { index, holding -> WorkerInput.Peek in
                if let refusal = replies[2 * index].nodeRefusal { return .unread(refusal.unread) }
                if simulation.isOverlooked(holding.partition) { return .nothing }
                guard case .entries(let entries) = replies[2 * index], case .info(let info) = replies[2 * index + 1]
                else {
                    return .nothing
                }
                if let first = entries.first { return .entry(first.id, isOurs: first.isOurs) }
                guard let end = info?.last, end > .zero, end < holding.checkpoint else { return .nothing }
                return .streamEndsBefore(end)
            }
            advance(.peeked(found))
        case .sweeping(let holdings):
            let found = zip(holdings, replies).compactMap { holding, reply -> WorkerAction.Acknowledgement? in
                guard case .ids(let ids) = reply, !ids.isEmpty else { return nil }
                return .init(partition: holding.partition, ids: ids)
            }
            acknowledge(found)
        case .acknowledging: advance(.done)
        case .handling(let slices, let next) where simulation.sabotage == .acknowledgeBeforeCommit: handle(slices, next)
        case .committing: sendCommit()
        default: preconditionFailure("\(replies) at \(stage)")
        }
    }

    private func rewound(_ partition: Int, _ id: EntryID, _ replies: [RedisReply]) {
        if simulation.sabotage == .progressByPendingList, case .groups(let groups)? = replies.last {
            guard let state = groups[group] else { return advance(.failed) }
            // Redelivers from the oldest pending entry.
            guard let oldest = state.lowestPending else { return advance(.done) }
            stage = .acknowledging
            let before = EntryID(milliseconds: oldest.milliseconds, position: oldest.position - 1)
            return send(RedisCommand.setGroup(partition, group, before))
        }
        // CREATE is refused without memory although the group may be there; SETID tells.
        if case .refused(.noGroup)? = replies.last { return advance(.failed) }
        if replies.count == 1, simulation.sabotage != .noRewind, case .refused(.busyGroup)? = replies.first {
            stage = .rewinding(partition, id)
            return simulation.send([.info(partition), .setGroup(partition, group, id)], from: self)
        }
        stage = .rewindPending(partition, id)
        send(RedisCommand.pending(partition, group, upTo: id, count: 10))
    }

    func resume(_ replies: [PostgresReply]) {
        guard let last = replies.last else { return advance(.failed) }
        switch stage {
        case .simple: advance(.done)
        case .registering(let limit, let keeping):
            guard case .done = last else { return advance(.failed) }
            isConnected = true
            claim(limit, keeping)
        case .claiming:
            guard case .leases(let leases) = last else { return advance(.failed) }
            take(leases.map { $0.ofPartition(among: simulation.partitions.count) }, 0, [])
        case .taking(let leases, let next, let taken):
            guard case .checkpoint(let id) = last, replies.count > 1,
                case .epoch(let epoch) = replies[replies.count - 2]
            else {
                if replies.count == 1, case .done = last { return take(leases, next + 1, taken) }
                return advance(.failed)
            }
            let holding = Holding(
                partition: simulation.partitions[leases[next].partition],
                epoch: epoch,
                checkpoint: id
            )
            stage = .taking(leases, next: next, taken + [holding])
            send(.writeEpoch(leases[next].partition, epoch), to: database)
        case .committingAcquisition(let taken, let takeovers):
            if case .tag(true) = last { advance(.acquired(taken, takeovers: takeovers)) } else { advance(.failed) }
        case .asking:
            let answers = replies.compactMap { reply -> LimitAnswer? in
                if case .allowed(let answer) = reply { answer } else { nil }
            }
            advance(answers.count == replies.count ? .allowed(answers) : .failed)
        case .occupying:
            let slots = replies.compactMap { reply -> LimitSlot? in
                if case .slot(let slot) = reply { slot } else { nil }
            }
            advance(slots.count == replies.count ? .occupied(slots) : .failed)
        case .surveying, .counting, .attempting, .fetching, .settling, .confirming: resumeOnFailures(last)
        case .releasing(let holdings, let next): release(holdings, next + 1)
        case .handling(let slices, let next):
            if case .refused(let refusal) = last { return refused(refusal, nil) }
            handle(slices, next + 1)
        case .handlingLast(let handled):
            if case .refused(let refusal) = last { return refused(refusal, nil) }
            advance(simulation.sabotage == .interruptedRoundTakenAsWhole ? .done : .handledInPart(handled))
        case .fencing(let fence):
            if case .refused(let refusal) = last { return refused(refusal, fence.partition) }
            advance(.done)
        case .committing: committed(replies)
        case .committingEffects: effectsCommitted(last)
        case .committingParked: advance(.committed)
        case .rollingBack: advance(.done)
        default: preconditionFailure("\(replies) at \(stage)")
        }
    }

    // MARK: The round

    func handle(_ slices: [WorkerAction.Slice], _ next: Int) {
        guard next < slices.count else { return advance(.done) }
        var slice = slices[next]
        let partition = slice.partition.number.rawValue
        let isLast = isQuiet && simulation.random.chance(perMille: 700)
        if isLast {
            let last = simulation.random.between(Int(slice.positions.lowerBound), Int(slice.positions.upperBound))
            slice.positions = slice.positions.lowerBound...Position(last)
        }
        if simulation.isFaulty {
            if simulation.random.chance(perMille: simulation.scenario.failingHandlers) {
                return advance(.refused(.handler(reason: "by chance")))
            }
            if simulation.random.chance(perMille: simulation.scenario.conflicts) { return advance(.refused(.conflict)) }
        }
        stage = .handling(slices, next: next)
        guard let all = atHand(partition, slice.positions) else { return advance(.failed) }
        let chosen = all.filter { !slice.held.contains($0.id.position) }
        for entry in chosen {
            switch simulation.failure(entry.event, group) {
            case .failed(let failure)?: return advance(.refused(.handler(reason: failure.reason)))
            case .killed?: return simulation.kill(process, by: entry.event, group)
            case nil: break
            }
        }
        handled.append(.init(partition: slice.partition, ids: chosen.map(\.id)))
        if isLast {
            let before = slices[..<next].map { ($0.partition, $0.positions.upperBound) }
            stage = .handlingLast(
                Dictionary(before + [(slice.partition, slice.positions.upperBound)]) { $1 }
            )
        }
        send(.insertEffects(partition, chosen.map(effect)), to: database)
    }

    func fence(_ fence: Fence) {
        fences.append(fence)
        if simulation.sabotage == .checkpointInItsOwnTransaction || simulation.scenario.pipelinesFence
            || simulation.sabotage == .commitTagNotRead
        {
            return advance(.done)
        }
        stage = .fencing(fence)
        send(command(fence), to: database)
    }

    private func command(_ fence: Fence) -> PostgresCommand {
        let sabotage = simulation.sabotage
        let ignoresEpoch = sabotage == .noFence || sabotage == .noEpochInFence
        let ignoresPosition =
            sabotage == .noFence || sabotage == .noPositionInFence || sabotage == .progressByPendingList
            || sabotage == .unclearCommitRetriedWithoutPosition
        return .fence(
            fence.partition.number.rawValue,
            epoch: ignoresEpoch ? nil : fence.epoch,
            from: ignoresPosition ? nil : fence.from,
            to: fence.to
        )
    }

    func commit() {
        stage = .committing
        if simulation.sabotage == .acknowledgeBeforeCommit || simulation.sabotage == .progressByPendingList {
            return simulation.send(
                handled.map { .acknowledge($0.partition.number.rawValue, group, $0.ids) },
                from: self
            )
        }
        sendCommit()
    }

    func sendCommit() {
        if simulation.sabotage == .checkpointInItsOwnTransaction {
            stage = .committingEffects
            return send(.commit, to: database)
        }
        let isPipelined = simulation.scenario.pipelinesFence || simulation.sabotage == .commitTagNotRead
        simulation.send((isPipelined ? fences.map(command) : []) + [.commit], to: database, from: self)
    }

    func committed(_ replies: [PostgresReply]) {
        if simulation.sabotage == .commitTagNotRead { return advance(.committed) }
        for (fence, reply) in zip(fences, replies.dropLast()) {
            if case .refused(let refusal) = reply { return refused(refusal, fence.partition) }
        }
        if case .refused(let refusal)? = replies.last { return refused(refusal, nil) }
        guard case .tag(true)? = replies.last else { return advance(.refused(.handler(reason: "rolled back"))) }
        guard !parkedLater.isEmpty else { return advance(.committed) }
        // Sabotaged: in a transaction of its own.
        stage = .committingParked
        simulation.send([.begin(idleTimeout: nil)] + parkedLater + [.commit], to: database, from: self)
    }

    /// The sabotaged round: the effects are in, now the checkpoints follow.
    private func effectsCommitted(_ last: PostgresReply) {
        if case .refused(let refusal) = last { return refused(refusal, nil) }
        guard case .tag(true) = last else { return advance(.refused(.handler(reason: "rolled back"))) }
        stage = .committing
        let moves = fences.map { PostgresCommand.moveCheckpoint($0.partition.number.rawValue, to: $0.to) }
        fences = []
        simulation.send([.begin(idleTimeout: nil)] + moves + [.commit], to: database, from: self)
    }

    func refused(_ refusal: PostgresRefusal, _ partition: Partition?) {
        switch refusal {
        case .fenced: advance(.refused(.fenced(partition)))
        case .deadlock, .lockTimeout: advance(.refused(.conflict))
        case .aborted: advance(.refused(.handler(reason: "aborted")))
        case .terminated: advance(.failed)
        }
    }
}
