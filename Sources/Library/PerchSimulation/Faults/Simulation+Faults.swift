import PerchProtocol

extension Simulation {
    enum Fate {
        case arrives, lost
        case late(Int64)
    }

    /// What happens to a request as it reaches its server. A connection keeps the order: behind what is lost or late nothing
    /// else arrives before.
    func fate(of token: Int, on link: Int, isCritical: Bool) -> Fate {
        if links[link].isCut {
            queue.schedule(.timeout(actor: links[link].actor, token: token), at: now + latency())
            return .lost
        }
        if links[link].lateUntil > now { return .late(links[link].lateUntil - now) }
        let fate = fireFaults(at: link, token, isCritical: isCritical)
        if case .late(let time) = fate { links[link].lateUntil = now + time }
        return fate
    }

    /// Lets due faults strike.
    private func fireFaults(at link: Int, _ token: Int, isCritical: Bool) -> Fate {
        guard isFaulty else { return .arrives }
        while nextFault < scenario.faults.count, scenario.faults[nextFault].time <= now {
            pendingFaults.append(scenario.faults[nextFault])
            nextFault += 1
        }
        let actor = actors[links[link].actor]
        guard !pendingFaults.isEmpty, actor.role != .producer else { return .arrives }
        guard let index = pendingFaults.firstIndex(where: { !$0.isAtCriticalStep || isCritical }) else {
            return .arrives
        }
        let fault = pendingFaults.remove(at: index)
        let process = fault.isAtCriticalStep ? actor.process : random.below(processes.count - scenario.producers)
        trace("FAULT \(fault.fault) at \(actor.name)")
        firedFaults += 1
        touch(actor.process)
        return strike(fault.fault, process, link, token)
    }

    private func strike(_ fault: Fault, _ process: Int, _ link: Int, _ token: Int) -> Fate {
        switch fault {
        case .crash:
            crash(process)
            if random.chance(perMille: 300), actors[links[link].actor].process == process { return .lost }
        case .pause: pause(process, for: Int64(random.between(100_000, 9_000_000)))
        case .longPause:
            if isDispensable(process) {
                pause(process, for: nil)
            } else {
                pause(process, for: Int64(random.between(3_000_000, 9_000_000)))
            }
        case .quiet: queue.schedule(.quiet(process: process), at: now)
        case .heartbeatStall:
            if processes[process].actors.count > 1,
                let heartbeat = actors[processes[process].actors[1]] as? any Stallable
            {
                heartbeat.stalledUntil = now + Int64(random.between(1_000_000, 8_000_000))
            }
        case .loseRequest:
            queue.schedule(.timeout(actor: links[link].actor, token: token), at: now + latency())
            return .lost
        case .loseReply:
            if let index = links[link].requests.firstIndex(where: { $0.token == token }) {
                links[link].requests[index].losesReply = true
            }
        case .delay:
            let time = Int64(random.between(200_000, 8_000_000))
            links[link].lastArrival = max(links[link].lastArrival, now + time)
            queue.schedule(.timeout(actor: links[link].actor, token: token), at: now + .milliseconds(1500))
            return .late(time)
        case .producerRestart: restart(.postgres(0))
        case .consumerRestart: restart(.postgres(Self.consumers))
        case .consumerSetBack:
            restart(.postgres(Self.consumers))
            databases[Self.consumers].data = snapshots[Self.consumers]
            failures = failures.map { _ in [:] }
            deaths = deaths.map { _ in [:] }
            touchAll()
        case .producerSetBack: setProducerBack()
        case .retryByHand, .discardByHand:
            operate(fault, group: random.below(scenario.groups), random.below(scenario.partitions))
        case .raiseEpoch, .hold, .replay, .replayAgain, .replayKey:
            change(fault, group: random.below(scenario.groups), random.below(scenario.partitions))
        case .clockJump: clockOffset = Int64(random.between(-60_000, 60_000))
        default: strikeRedis(fault, links[link].actor)
        }
        return .arrives
    }

    // MARK: Processes

    func crash(_ process: Int) {
        guard processes[process].state != .down else { return }
        trace("process \(process) crashes")
        processes[process].state = .down
        processes[process].deferred = []
        processes[process].isFrozenForLong = false
        processes[process].incarnation += 1
        for index in processes[process].actors { actors[index].die() }
        memories[process] = nil
        for index in processes[process].actors {
            for (_, link) in actors[index].redis.sorted(by: { $0.key < $1.key }) { kill(link) }
            listeners.removeAll { $0.actor == index }
            if let link = actors[index].postgres { kill(link) }
            actors[index] = SimulatedActor.make(
                actors[index].role,
                index: index,
                process: process,
                in: self,
                token: actors[index].token + 1
            )
        }
        touch(process)
        let delay = Int64(random.between(10_000, 2_500_000))
        queue.schedule(.restart(process: process, incarnation: processes[process].incarnation), at: now + delay)
    }

    /// A worker that has given everything back ends; its process starts anew.
    func workerStopped(_ process: Int) {
        trace("process \(process) has stopped")
        crash(process)
    }

    func pause(_ process: Int, for time: Int64?) {
        guard processes[process].state == .running else { return }
        trace("process \(process) freezes for \(time.map { "\($0 / 1000) ms" } ?? "long")")
        processes[process].state = .paused
        processes[process].isFrozenForLong = time == nil
        touch(process)
        guard let time else { return }
        queue.schedule(.restart(process: process, incarnation: processes[process].incarnation), at: now + time)
    }

    func wake(_ process: Int) {
        let state = processes[process].state
        guard state != .running else { return }
        trace("process \(process) \(state == .down ? "starts" : "wakes")")
        processes[process].state = .running
        processes[process].isFrozenForLong = false
        touch(process)
        if state == .down { return startActors(of: process) }
        let deferred = processes[process].deferred
        processes[process].deferred = []
        for event in deferred { queue.schedule(event, at: now + Int64(random.below(200))) }
    }

    /// Somebody else of its kind would stay awake through the calm phase.
    func isDispensable(_ process: Int) -> Bool {
        processes.indices.contains { other in
            guard other != process, !processes[other].isFrozenForLong, cutOff[other] == nil else { return false }
            return switch (processes[process].kind, processes[other].kind) {
            case (.relay, .relay): true
            case (.worker(let group), .worker(let another)): group == another
            default: false
            }
        }
    }

    // MARK: Servers

    func restart(_ server: Server) {
        let downTime = Int64(random.between(0, 1_500_000))
        switch server {
        case .redis(let address):
            let node = nodes.nodes[address]
            nodes.all[node].breakAll()
            nodes.all[node].isUp = false
            ringAll(of: node)
        case .postgres(let database):
            databases[database].breakAll(flushing: { _ in random.chance(perMille: 500) })
            databases[database].isUp = false
            drain(database)
        }
        touchAll()
        breakWaiting(on: server)
        queue.schedule(.up(server), at: now + downTime)
    }

    func comeUp(_ server: Server) {
        trace("\(server) is up")
        switch server {
        case .redis(let address):
            nodes.all[nodes.nodes[address]].isUp = true
            nodes.all[nodes.nodes[address]].isSilent = false
        case .postgres(let database): databases[database].isUp = true
        }
        touchAll()
    }

    /// Who waits for an answer of this server hears that the connection is lost.
    func breakWaiting(on server: Server) {
        for link in links where !link.isDead && isSame(link.server, server) {
            for request in link.requests where actors[link.actor].wants(request.token) {
                queue.schedule(
                    .timeout(actor: link.actor, token: request.token),
                    at: max(now, link.lastArrival) + latency()
                )
            }
        }
    }

    private func isSame(_ server: Server, _ other: Server) -> Bool {
        if case .redis(let address) = server, case .redis(let another) = other {
            return nodes.nodes[address] == nodes.nodes[another]
        }
        return server == other
    }

    /// An operator's transaction: lease, then checkpoint, as an owner to be would lock them; with a `lock_timeout`, for while
    /// it waits for the checkpoint of a frozen owner, its lock on the lease keeps everybody from taking over.
    private func change(_ fault: Fault, group: Int, _ partition: Int) {
        let database = Self.consumers
        let row = row(group, partition)
        let effects = databases[database].data.effects[row]
        setClock(of: database)
        let change: PostgresCommand =
            switch fault {
            case .hold: .hold(row, time: Int64(random.between(200_000, 5_000_000)))
            case .replay: .replay(row, from: Position(random.below(1 + effects.count)))
            case .replayAgain: .goBack(row, to: Position(random.below(1 + effects.count)))
            case .replayKey:
                random.pick(effects).map { .replayEvents(row, key: $0.key, from: $0.id.position) } ?? .raiseEpoch(row)
            default: .raiseEpoch(row)
            }
        if fault != .hold, fault != .raiseEpoch { failures[group] = [:] }
        trace("operator: \(change) in postgres \(database)")
        let session = databases[database].connect(link: -1)
        databases[database].receive(
            [.begin(idleTimeout: nil), .lockLease(row), .lockCheckpoint(row), change, .commit],
            session
        )
        queue.schedule(.lockTimeout(database: database, session: session), at: now + .seconds(2))
        drain(database)
        touchAll()
    }
}
