import PerchProtocol

/// How a partition of a group has moved lately.
struct Progress {
    var position: Position = 0
    /// Since when it could have moved, undisturbed, and did not.
    var since: Int64 = 0
}

/// The events of a key must be in the log as they came into the outbox. Two of which neither was committed before the other was
/// inserted, which only delayed ones can be, may be in either order.
private struct KeyOrder {
    private var lastBegan = -1
    private var lastOfTransaction: [Int: Int] = [:]

    mutating func takes(_ place: SimulatedPostgres.Place) -> Bool {
        guard place.committed >= lastBegan, lastOfTransaction[place.committed, default: -1] < place.sequence else {
            return false
        }
        lastBegan = max(lastBegan, place.began)
        lastOfTransaction[place.committed] = place.sequence
        return true
    }
}

extension Simulation {
    /// How long an undisturbed group may leave a backlog untouched: a lease's end, a heartbeat, a look at an empty read,
    /// an audit, the backoffs.
    static let patience = Int64.seconds(12)

    // MARK: While it runs

    /// What a transaction of a worker has changed is sound, and the lease is the owner's.
    func checkRound(
        _ session: Int,
        _ writes: [PostgresData.Write],
        _ problem: String?,
        _ backends: [Int?]
    ) {
        var lastGroup = 0
        for write in writes {
            let group = write.row.map { $0 / partitions.count } ?? lastGroup
            lastGroup = group
            switch write {
            case .checkpoint(let partition, let id) where backends[partition] != session:
                fail(
                    "group \(group), partition \(partition): a checkpoint was moved to \(id) by session \(session), which has no lease"
                )
            case .settle(let partition, let resolved, let changed):
                if backends[partition] != session, !(resolved.isEmpty && changed.isEmpty) {
                    fail(
                        "group \(group), partition \(partition): \(resolved) were retried by session \(session), which has no lease"
                    )
                }
                trace("SETTLED in group \(group) on \(partition): \(resolved); \(changed)")
                countFailures(changed, group)
            case .park(let partition, let rows):
                trace("PARKED in group \(group) on \(partition): \(rows)")
                // Its first failure: a replay may have taken an earlier row of it out.
                for row in rows { failures[group][row.event] = nil }
                countFailures(rows.filter { $0.state != .held }, group)
            case .effects(let partition, let entries):
                trace("EFFECTS of group \(group) on \(partition): \(entries.map { "\($0.id):\($0.event)" })")
            default: break
            }
        }
        if let problem { fail("group \(lastGroup): \(problem)") }
    }

    /// Failures that were committed: as many as the policy has attempts, and then it is dead, until an operator retries it.
    private func countFailures(_ rows: [PostgresData.FailedRow], _ group: Int) {
        for row in rows where behaviour(row.event, group).isBlamed {
            failures[group][row.event, default: 0] += 1
            if failures[group][row.event, default: 0] > WorkerActor.policy.attempts {
                fail(
                    "group \(group): event \(row.event) has failed \(failures[group][row.event] ?? 0) times and is no dead letter"
                )
            }
        }
    }

    /// A relay says that Redis has lost the stream's tail.
    func checkTailLost(_ partition: Int) {
        guard !nodes.hasShrunk(partition) else { return }
        fail("a relay takes the tail of stream \(partition) for lost, and it has never become shorter")
    }

    func touch(_ process: Int) {
        guard case .worker(let group) = processes[process].kind else { return touchAll() }
        for partition in partitions.indices { progress[group * partitions.count + partition].since = now }
    }

    func touchAll() {
        for index in progress.indices { progress[index].since = now }
        for index in relaying.indices { relaying[index].since = now }
    }

    func watch() {
        queue.schedule(.watch, at: now + .milliseconds(100))
        if memoryEnds <= now { makeRoom() }
        // Of a cluster the nodes that serve have no excuse in those that do not.
        let isRedisAway = nodes.all.allSatisfy { $0.isFull || !$0.serves }
        if isRedisAway || databases.contains(where: { !$0.isUp }) { touchAll() }
        if isAdoptionDue {
            isAdoptionDue = partitions.indices.contains { lastOfStream($0) != databases[0].data.given[$0] }
        }
        if phase == .heal { retryDeadLetters() }
        if !isFaulty { cancelFarEvents() }
        checkProgress()
        advancePhase()
    }

    /// What a clock that was set back has moved far away is not waited for.
    private func cancelFarEvents() {
        for row in databases[0].data.delayed where row.due > milliseconds + Scenario.longestDelay + 1000 {
            guard databases[0].holder(of: .delayed(event: row.event)) == nil else { continue }
            databases[0].data.apply(.cancel(event: row.event))
        }
    }

    private func makeRoom() {
        for node in nodes.all.indices where nodes.all[node].isFull { nodes.all[node].isFull = false }
    }

    private func lastOfStream(_ partition: Int) -> EntryID { nodes.stream(partition)?.last ?? .zero }

    /// What waits in the outbox, or has its position and is not in its stream, is carried on.
    private func checkRelaying(isRelayAwake: Bool) {
        let producer = databases[0].data
        for partition in partitions.indices {
            let position = lastOfStream(partition).position
            let isBehind =
                producer.given[partition].position > max(position, producer.trimmed[partition])
                || producer.outbox.contains { $0.partition == partition }
            let serves = nodes.serves(partition) && !nodes.all[nodes.owners[partition]].isFull
            if position != relaying[partition].position || !isBehind || !serves || !isRelayAwake {
                relaying[partition] = Progress(position: position, since: now)
            } else if now - relaying[partition].since > Self.patience {
                fail("nothing is appended to stream \(partition) for \(Self.patience / 1_000_000) undisturbed seconds")
            }
        }
    }

    private func checkProgress() {
        let isRelayAwake = processes.indices.contains { isAwakeAndReachesAll($0) && processes[$0].kind == .relay }
        checkRelaying(isRelayAwake: isRelayAwake)
        for group in 0..<scenario.groups {
            let isWorkerAwake = processes.indices.contains {
                isAwakeAndReachesAll($0) && processes[$0].kind == .worker(group: group)
            }
            let data = databases[Self.consumers].data
            for partition in partitions.indices {
                let index = row(group, partition)
                let position = data.checkpoints[index].id.position
                let end = databases[0].data.given[partition].position
                let lease = data.leases[index]
                let isHeldByOperator = lease.owner == 0 && lease.heldUntil > now
                let isAway = nodes.all[nodes.owners[partition]].isFull || !nodes.serves(partition)
                let isExcused = isHeldByOperator || isAway || !isWorkerAwake || !isRelayAwake
                if position != progress[index].position || position >= end || isExcused {
                    progress[index] = Progress(position: position, since: now)
                } else if now - progress[index].since > Self.patience {
                    fail(
                        "group \(group), partition \(partition) stands at position \(position) of \(end) for \(Self.patience / 1_000_000) undisturbed seconds"
                    )
                }
            }
        }
    }

    private func isAwakeAndReachesAll(_ process: Int) -> Bool {
        processes[process].state == .running && cutOff[process] == nil
    }

    // MARK: Phases

    private var areProducersIdle: Bool {
        actors.allSatisfy { ($0 as? ProducerActor)?.isIdle ?? true }
    }

    /// Everything that was committed is through.
    private var whatIsLeft: String? {
        let producer = databases[0].data
        if !areProducersIdle { return "producers are at work" }
        if let row = producer.outbox.first { return "event \(row.event) waits in the outbox" }
        if let row = producer.delayed.first {
            return "event \(row.event) is delayed until \(row.due); it is \(milliseconds)"
        }
        for partition in partitions.indices {
            let given = producer.given[partition]
            if lastOfStream(partition) != given, given.position > producer.trimmed[partition] {
                return "stream \(partition) ends at \(lastOfStream(partition)), the log at \(given)"
            }
            if let problem = damage(partition) { return problem }
            let consumers = databases[Self.consumers].data
            for group in 0..<scenario.groups where consumers.checkpoints[row(group, partition)].id != given {
                return
                    "group \(group) is at \(consumers.checkpoints[row(group, partition)].id) of partition \(partition), the log at \(given)"
            }
            for group in 0..<scenario.groups where phase == .heal || phase == .settle {
                if let row = consumers.failed[row(group, partition)].first {
                    return "group \(group) has not handled \(row) of partition \(partition)"
                }
            }
        }
        return nil
    }

    /// The stream holds exactly the log past what retention dropped, and nothing that the log does not have.
    private func damage(_ partition: Int) -> String? {
        let trimmed = databases[0].data.trimmed[partition]
        let log = databases[0].data.log[partition]
        let entries = nodes.stream(partition)?.entries ?? []
        let kept = entries.drop { $0.id.position <= trimmed }
        let isRight = entries.allSatisfy { entry in
            let index = Int(entry.id.position) - 1
            return log.indices.contains(index) && log[index].id == entry.id
                && Entry(id: entry.id, event: log[index].event).original == entry.original
        }
        if isRight, kept.count == log.count - min(Int(trimmed), log.count) { return nil }
        return "stream \(partition) is not the log past \(trimmed): \(entries.map(\.id)), the log \(log.map(\.id))"
    }

    private func advancePhase() {
        switch phase {
        case .faults where now >= phaseEnds: beginCalm()
        case .calm:
            let left = whatIsLeft
            if left == nil || (!processes.contains(where: \.isFrozenForLong) && now > phaseEnds - .seconds(20)) {
                beginHeal()
            } else if now >= phaseEnds {
                fail("not drained while others are frozen: \(left ?? "")")
            }
        case .heal:
            guard let left = whatIsLeft else {
                phase = .settle
                // A frozen worker's last words and an audit or two still come; and retention catches up.
                phaseEnds = now + .milliseconds(2300) + (trims ? scenario.retention + Self.trimPatience : 0)
                return
            }
            if now >= phaseEnds { fail("not drained: \(left)") }
        case .faults, .settle: break
        }
    }

    private func beginCalm() {
        trace("CALM")
        phase = .calm
        phaseEnds = now + .seconds(24)
        makeRoom()
        touchAll()
        for process in processes.indices where !processes[process].isFrozenForLong { wake(process) }
    }

    private func beginHeal() {
        trace("HEAL")
        phase = .heal
        phaseEnds = now + .seconds(40)
        touchAll()
        // The handlers are mended, and operators retry what is dead.
        failures = failures.map { _ in [:] }
        cutOff = [:]
        for process in processes.indices { wake(process) }
        for case let producer as ProducerActor in actors { producer.goOn() }
    }

    // MARK: At the end

    /// How long a trim may be late: an audit, the time between two trims, some pieces.
    private static let trimPatience = Int64.seconds(6)

    /// Whether streams are trimmed as Perch's own loops do it.
    private var trims: Bool { runsShells && scenario.retention < .seconds(3600) }

    /// Of what retention no longer keeps only the rest of a node may be left.
    private func overdue(_ partition: Int) -> String? {
        let limit = milliseconds - (scenario.retention + Self.trimPatience) / 1000
        let old = (nodes.stream(partition)?.entries ?? []).prefix { $0.id.milliseconds < limit }
        guard old.count >= 2 * SimulatedRedis.nodeSize else { return nil }
        return "stream \(partition) still has \(old.count) entries that retention does not keep: \(old.map(\.id))"
    }

    func checkTheEnd() {
        if let left = whatIsLeft {
            // An audit may just be making a stream again: it has a while to end.
            guard extensions == 0 else { return fail("drained, and then: \(left)") }
            extensions += 1
            phaseEnds = now + .seconds(5)
            return
        }
        if trims, let overdue = partitions.indices.lazy.compactMap({ self.overdue($0) }).first { return fail(overdue) }
        let producer = databases[0].data
        var seen = Set<Int>()
        for partition in partitions.indices {
            var order = [KeyOrder](repeating: KeyOrder(), count: scenario.keys)
            for (index, row) in producer.log[partition].enumerated() {
                guard row.id.position == index + 1 else {
                    return fail("the log of \(partition) is not dense at \(row.id)")
                }
                // It cannot be read, and one that can follows: it has its place, as a dead letter.
                if row.event <= Entry.unreadable {
                    seen.insert(row.event)
                    continue
                }
                guard row.event >= 0 else { return fail("a foreign entry is in the log: \(row.id)") }
                guard seen.insert(row.event).inserted else { return fail("event \(row.event) is in the log twice") }
                let key = events[row.event]
                guard let place = databases[0].places[row.event], order[key].takes(place) else {
                    return fail("event \(row.event) of key \(key) is out of order")
                }
            }
            for group in 0..<scenario.groups {
                // In which order, within each key, was checked at each COMMIT.
                let place = row(group, partition)
                let discarded = databases[Self.consumers].data.discarded[place]
                let effects = databases[Self.consumers].data.effects[place]
                    .sorted { $0.id.position < $1.id.position }
                // One that comes again by a replay, and is discarded then, took effect before.
                let handled = Set(effects.map(\.id.position))
                let log = producer.log[partition].filter {
                    !discarded.contains($0.id.position) || handled.contains($0.id.position)
                }
                let isEqual =
                    effects.count == log.count
                    && zip(effects, log).allSatisfy { $0.id == $1.id && $0.event == $1.event }
                guard isEqual else {
                    return fail(
                        "group \(group)'s effects on \(partition) are not the log: \(effects.map(\.event)), the log \(producer.log[partition].map(\.event))"
                    )
                }
            }
        }
        let committed = Set(producer.committed)
        guard seen == committed else {
            fail(
                "committed \(committed.subtracting(seen).sorted()) did not come through; \(seen.subtracting(committed).sorted()) was not committed"
            )
            return
        }
    }
}
