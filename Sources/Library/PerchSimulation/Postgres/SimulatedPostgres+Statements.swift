import PerchProtocol

extension SimulatedPostgres {
    /// Executes one statement in the session's transaction; nil: it waits for a lock or for the disk.
    mutating func execute(_ command: PostgresCommand, _ session: Int) -> PostgresReply? {
        moment += 1
        latest = max(latest, milliseconds)
        switch command {
        case .begin(let idleTimeout):
            start(session, isImplicit: false, idleTimeout: idleTimeout)
            return .began
        case .commit: return commit(session)
        case .rollback:
            rollBack(session)
            return .tag(isCommit: false)
        case .terminate(let victim):
            if victim != session, sessions.indices.contains(victim) { end(victim) }
            return .done
        case .lockAggregate(let key): return locking(.aggregate(key), session) { _ in .done }
        case .insertOutbox(let event, let partition):
            write(.publish(outboxRow(event, partition, session)), session)
            return .done
        case .insertDelayed, .cancelDelayed, .moveDue: return executeOnDelayed(command, session)
        case .lockPartitions, .assign, .assignFree, .check, .refuse, .consult, .load, .lockPartition, .adopt, .setAside,
            .retain, .promise, .dropLog, .archive, .clock, .lead:
            return executeForRelay(command, session)
        default: return executeForWorker(command, session)
        }
    }

    mutating func locking(
        _ key: LockKey,
        _ session: Int,
        _ body: (inout Self) -> PostgresReply
    ) -> PostgresReply? {
        if wouldDeadlock(key, session) { return .refused(.deadlock) }
        return lock(key, session) ? body(&self) : nil
    }

    /// A row that is inserted now.
    mutating func outboxRow(_ event: Int, _ partition: Int, _ session: Int) -> PostgresData.OutboxRow {
        nextSequence += 1
        return PostgresData.OutboxRow(
            sequence: nextSequence - 1,
            transaction: sessions[session].transaction?.number ?? 0,
            event: event,
            partition: partition,
            // Of other languages: every third.
            isChecked: event % 3 != 0,
            began: moment
        )
    }

    // MARK: The relay's

    private mutating func executeForRelay(_ command: PostgresCommand, _ session: Int) -> PostgresReply? {
        switch command {
        case .lead(let silence): return .leads(lead(session, silence))
        case .lockPartitions(let partitions):
            if sabotage == .assignWithoutRowLock { return .partitions(partitions) }
            let free = partitions.filter { holder(of: .partition($0)) == nil }
            for partition in free { _ = lock(.partition(partition), session) }
            return .partitions(free)
        case .assign(let partitions, let limit):
            let unchecked = outbox(session).filter { !$0.isChecked }.map(\.sequence)
            return .assigned(
                assign(partitions, limit, session),
                unchecked: Array(unchecked.prefix(limit)),
                isDue: isDue(session)
            )
        case .check(let sequences):
            write(.check(sequences: sequences), session)
            return .done
        case .assignFree(let partitions, let limit):
            let free = partitions.filter { holder(of: .partition($0)) == nil }
            for partition in free { _ = lock(.partition(partition), session) }
            return execute(.assign(free, limit: limit), session)
        case .refuse(let sequences):
            write(.refuse(sequences: sequences), session)
            return .done
        case .promise(let partition, let position):
            guard let index = data.log[partition].firstIndex(where: { $0.id.position == position }),
                position > data.dropped[partition]
            else { return .firstKept(nil, hasMore: false) }
            write(.trim(partition, position), session)
            return .firstKept(data.log[partition][index].id, hasMore: false)
        case .archive(let partition, let through, let most, let olderThan):
            let first = data.dropped[partition] + 1
            let last = data.log[partition].last { $0.id.position <= through && $0.id.milliseconds < olderThan }?.id
                .position
            let end = min(last ?? 0, first + most - 1)
            if end >= first { write(.drop(partition, end), session) }
            return .dropped(max(0, end - first + 1))
        case .clock: return .clock(milliseconds)
        case .consult(let partition, let stream):
            return .log(state(of: partition, stream))
        case .load(let partition, let after, let limit):
            return .rows(Array(data.visibleLog(partition).lazy.filter { $0.id.position > after }.prefix(limit)))
        case .lockPartition(let partition):
            return locking(.partition(partition), session) { _ in .done }
        case .adopt(let partition, let entries):
            let given = data.given[partition]
            guard let first = entries.first, first.id.position == given.position + 1, first.id > given else {
                return .adopted(false)
            }
            write(
                .adopt(
                    partition,
                    entries,
                    leavesOutbox: sabotage == .adoptedEntriesStayInOutbox,
                    leavesDelayed: sabotage == .adoptedEntriesStayDelayed
                ),
                session
            )
            return .adopted(true)
        case .setAside(_, let entries):
            write(.setAside(entries.count), session)
            return .done
        case .dropLog(let partition, let id):
            write(.drop(partition, id.position - 1), session)
            return .done
        case .retain(let partition, let bound, let olderThan, let most):
            let all = data.log[partition].last { $0.id < bound && $0.id.milliseconds < olderThan }?.id.position ?? 0
            let upTo = min(all, data.trimmed[partition] + Position(most))
            write(.trim(partition, upTo), session)
            let first = upTo == 0 ? nil : data.log[partition].first { $0.id.position > upTo }?.id
            return .firstKept(first, hasMore: upTo < all)
        default: preconditionFailure("\(command) is not the relay's")
        }
    }

    /// The session has the lock as long as it lasts.
    private mutating func lead(_ session: Int, _ silence: Int64) -> Bool {
        guard let holder = leader, holder != session, sessions[holder].isOpen else {
            leader = session
            return true
        }
        let isWaitingForClient = sessions[holder].queue.isEmpty && !sessions[holder].isFlushing
        if isWaitingForClient, now - sessions[holder].answeredAt > silence, sabotage != .frozenRelayLeads {
            end(holder)
        }
        return false
    }

    private mutating func assign(_ partitions: [Int], _ limit: Int, _ session: Int) -> [PostgresReply.Run] {
        var rows = outbox(session).filter { partitions.contains($0.partition) }
        if sabotage == .orderByTransactionID {
            rows.sort { ($0.transaction, $0.sequence) < ($1.transaction, $1.sequence) }
        } else {
            rows.sort { $0.sequence < $1.sequence }
        }
        rows = Array(beforeUnchecked(rows).prefix(limit))
        return partitions.compactMap { partition in
            var last = data.given[partition]
            var run: [LogRow] = []
            var sequences: [Int] = []
            for row in rows where row.partition == partition {
                last = EntryID(milliseconds: max(milliseconds, last.milliseconds), position: last.position + 1)
                run.append(LogRow(id: last, event: row.event))
                sequences.append(row.sequence)
            }
            guard !run.isEmpty else { return nil }
            write(.give(partition, run, sequences: sequences), session)
            return .init(partition: partition, rows: run)
        }
    }

    /// Nothing of a partition goes past a row that nobody has looked at.
    private func beforeUnchecked(_ rows: [PostgresData.OutboxRow]) -> [PostgresData.OutboxRow] {
        if sabotage == .uncheckedOvertaken { return rows.filter(\.isChecked) }
        var closed: Set<Int> = []
        return rows.filter { row in
            if !row.isChecked { closed.insert(row.partition) }
            return !closed.contains(row.partition)
        }
    }

    private func state(of partition: Int, _ stream: StreamState) -> LogState {
        let log = data.visibleLog(partition)
        let given = data.given[partition]
        let trimmed = data.trimmed[partition]
        return LogState(
            last: given,
            trimmed: trimmed,
            oldest: log.first?.id.position,
            lowestGroup: stream.lowestGroup.map { group in
                group >= given ? given.position : log.last { $0.id <= group }?.id.position ?? group.position
            },
            hasLast: given == stream.last || log.contains { $0.id == stream.last },
            hasFirst: stream.first.map { first in log.contains { $0.id == first } } ?? false,
            predecessor: given < stream.last ? given : log.last { $0.id < stream.last }?.id ?? .zero,
            clock: sabotage == .earlyEntriesAdopted ? .max : milliseconds
        )
    }

    // MARK: The worker's

    private mutating func executeForWorker(_ command: PostgresCommand, _ session: Int) -> PostgresReply? {
        switch command {
        case .register(let owner, let group):
            write(.heartbeat(owner: owner, group: group, expires: now + leaseTime), session)
            return .done
        case .lockLeases(let owner, let group, let keeping, let limit):
            return .leases(lockLeases(owner, group, keeping, limit, session))
        case .takeLease(let partition, let owner):
            let epoch = Epoch(rawValue: data.leases[partition].epoch.rawValue + 1)
            let lease = PostgresData.Lease(owner: owner, epoch: epoch, backend: session)
            write(.lease(partition, lease), session)
            return .epoch(epoch)
        case .lockCheckpoint(let partition):
            return locking(.checkpoint(partition), session) { .checkpoint($0.data.checkpoints[partition].id) }
        case .writeEpoch(let partition, let epoch):
            write(.checkpointEpoch(partition, epoch), session)
            return .done
        case .releaseLease(let partition, let owner, let epoch):
            return locking(.lease(partition), session) { database in
                var lease = database.data.leases[partition]
                guard lease.owner == owner, lease.epoch == epoch else { return .done }
                lease.owner = nil
                lease.backend = nil
                database.write(.lease(partition, lease), session)
                return .done
            }
        case .askLimit(let group, let question): return .allowed(ask(question, group, session))
        case .occupy(let group, let limit): return .slot(occupy(limit, group, session))
        case .insertEffects(let partition, let effects):
            checkSlots(partition / partitions, session)
            write(.effects(partition, effects.filter { !data.isDone($0.id.position, of: partition) }), session)
            return .done
        case .savepoint:
            setSavepoint(session)
            return .done
        case .rollbackToSavepoint:
            rollBackToSavepoint(session)
            return .done
        case .survey, .countAttempts, .countRetry, .park, .fetch, .settle, .confirm, .retryDead, .discard:
            return executeOnFailures(command, session)
        case .fence(let partition, let epoch, let from, let to):
            return locking(.checkpoint(partition), session) { database in
                let checkpoint = database.data.checkpoints[partition]
                guard checkpoint.epoch == epoch ?? checkpoint.epoch,
                    checkpoint.id.position == from ?? checkpoint.id.position
                else { return .refused(.fenced(partition)) }
                database.write(.checkpoint(partition, to), session)
                return .done
            }
        case .moveCheckpoint(let partition, let to):
            return locking(.checkpoint(partition), session) { database in
                database.write(.checkpoint(partition, to), session)
                return .done
            }
        case .heartbeat(let owner, let group, let isConnected): return heartbeat(owner, group, isConnected, session)
        case .mark(let group): return mark(group)
        case .giveUp(let owner, let unknown):
            for known in unknown where holder(of: .lease(known.row)) == nil {
                var lease = data.leases[known.row]
                guard lease.owner == owner, lease.epoch == known.epoch else { continue }
                // The backend stays named: whoever takes it next ends it.
                lease.owner = nil
                write(.lease(known.row, lease), session)
            }
            return .done
        case .signOff(let owner):
            write(.signOff(owner: owner), session)
            return .done
        case .lockLease(let partition): return locking(.lease(partition), session) { _ in .done }
        case .raiseEpoch(let partition):
            var lease = data.leases[partition]
            lease.epoch = Epoch(rawValue: lease.epoch.rawValue + 1)
            write(.lease(partition, lease), session)
            write(.checkpointEpoch(partition, lease.epoch), session)
            return .done
        case .hold(let partition, let time):
            let lease = data.leases[partition]
            let epoch = Epoch(rawValue: lease.epoch.rawValue + 1)
            // The backend stays named: its owner may be frozen in a transaction.
            let held = PostgresData.Lease(owner: 0, epoch: epoch, backend: lease.backend, heldUntil: now + time)
            write(.lease(partition, held), session)
            write(.checkpointEpoch(partition, epoch), session)
            return .done
        case .replay(let partition, let position):
            let all = data.effects[partition].map(\.id) + data.failed[partition].map(\.id)
            let kept = all.filter { $0.position <= position }.max { $0.position < $1.position } ?? .zero
            write(.reset(partition, to: kept), session)
            return execute(.raiseEpoch(partition), session)
        case .goBack(let partition, let position):
            let kept = data.effects[partition].map(\.id) + data.failed[partition].map(\.id)
            let goal = kept.filter { $0.position <= position }.max { $0.position < $1.position } ?? .zero
            guard goal.position < data.checkpoints[partition].id.position else { return .done }
            write(.goBack(partition, to: goal), session)
            return execute(.raiseEpoch(partition), session)
        case .replayEvents(let partition, let key, let position):
            write(.replayEvents(partition, key: key, from: position, now: now), session)
            return sabotage == .chosenEventsWithoutEpoch ? .done : execute(.raiseEpoch(partition), session)
        default: preconditionFailure("\(command) is not known")
        }
    }

    private mutating func lockLeases(
        _ owner: Int,
        _ group: Int,
        _ keeping: [Int],
        _ limit: Int,
        _ session: Int
    ) -> [PostgresReply.ClaimedLease] {
        var claimed: [PostgresReply.ClaimedLease] = []
        var others = 0
        guard isLive(owner) else { return [] }
        for partition in rows(of: group) where !keeping.contains(partition) {
            let lease = data.leases[partition]
            let isOwn = lease.owner == owner
            guard isOwn || (isClaimable(lease) && others < limit), holder(of: .lease(partition)) == nil else {
                continue
            }
            if !isOwn {
                others += 1
                if let owner = lease.owner, isLive(owner) {
                    outputs.append(.wrong("the lease of row \(partition) was taken from \(owner), who lives"))
                }
            }
            _ = lock(.lease(partition), session)
            claimed.append(
                .init(
                    partition: partition,
                    backend: lease.backend,
                    isUnclean: lease.owner != nil && !isOwn,
                    isOwn: isOwn
                )
            )
        }
        return claimed
    }

    private func rows(of group: Int) -> Range<Int> { group * partitions..<(group + 1) * partitions }

    private func isLive(_ owner: Int) -> Bool { data.heartbeats.contains { $0.owner == owner && $0.expires > now } }

    /// A lease lives while its worker does.
    private func isClaimable(_ lease: PostgresData.Lease) -> Bool {
        switch lease.owner {
        case nil: true
        case 0?: lease.heldUntil <= now
        case let owner?:
            switch sabotage {
            case .leasesOfTheDeadKept: false
            case .leasesOfTheLivingTaken: true
            default: !isLive(owner)
            }
        }
    }

    /// A lease that an operator holds is over without a further statement: the real one takes one, which changes the revision.
    private func mark(_ group: Int) -> PostgresReply {
        let held = data.leases[rows(of: group)].count { $0.owner == 0 && $0.heldUntil > now }
        let living = data.heartbeats.filter { $0.expires > now && $0.group == group }.map(\.owner).sorted()
        return .mark(
            revision: sabotage == .viewNotRefreshed ? 0 : data.leaseRevisions[group] << 8 | Int64(held),
            living: [.viewNotRefreshed, .deathNotNoticed].contains(sabotage)
                ? 0 : living.reduce(7) { $0 &* 1_000_003 &+ Int64($1) },
            clock: milliseconds
        )
    }

    /// Says that the worker lives, if it is connected, and tells how its group stands.
    private mutating func heartbeat(_ owner: Int, _ group: Int, _ isConnected: Bool, _ session: Int) -> PostgresReply {
        if isConnected { write(.heartbeat(owner: owner, group: group, expires: now + leaseTime), session) }
        let others = data.heartbeats.filter { $0.expires > now && $0.owner != owner && $0.group == group }
        let isLive = isConnected || isLive(owner)
        let rows = rows(of: group)
        let leases = data.leases[rows]
        return .view(
            share: isLive
                ? FairShare.of(
                    rank: others.count { $0.owner < owner },
                    among: others.count + 1,
                    partitions: partitions
                ) : 0,
            claimable: leases.count(where: isClaimable),
            epochs: leases.map(\.epoch),
            revisions: Array(data.revisions[rows]),
            owned: rows.filter { data.leases[$0].owner == owner }
                .map { .init(row: $0, epoch: data.leases[$0].epoch) },
            clock: milliseconds,
            live: others.map(\.owner) + (isLive ? [owner] : []),
            shared: leases.count { $0.owner != 0 || $0.heldUntil <= now },
            // By the partition's number.
            free: Array(leases).indices.filter { isClaimable(data.leases[rows.lowerBound + $0]) }
        )
    }
}
