import PerchProtocol

/// Messages between actors and servers, in order per connection, each with a latency, some late, some lost.
extension Simulation {
    var isFaulty: Bool { phase == .faults }

    func latency() -> Int64 {
        let drawn = random.below(1000)
        if isFaulty, drawn < 5 { return Int64(random.between(20_000, 200_000)) }
        return drawn < 30 ? Int64(random.between(2000, 15_000)) : Int64(random.between(80, 600))
    }

    // MARK: From the client

    /// A connection for the actor: the one it has, or a new one; nil: the server is down.
    ///
    /// - Parameter key: Which of the actor's connections to Redis.
    func link(_ actor: SimulatedActor, _ server: Server, _ key: Int) -> Int? {
        let present = if case .redis = server { actor.redis[key] } else { actor.postgres }
        if let present, !links[present].isDead { return present }
        let id = links.count
        let session: Int
        switch server {
        case .redis(let address):
            guard nodes.accepts(address), reaches(actor.process, address) else { return nil }
            session = nodes.connect(to: address, link: id)
            actor.redis[key] = id
        case .postgres(let database):
            guard databases[database].isUp else { return nil }
            session = databases[database].connect(link: id)
            actor.postgres = id
        }
        links.append(Link(actor: actor.index, server: server, session: session))
        return id
    }

    /// To the Redis; in a cluster to the nodes that have the streams, one after the other.
    func send(_ commands: [RedisCommand], from actor: SimulatedActor) {
        guard nodes.isCluster else { return send(commands, to: 0, from: actor, by: 0) }
        actor.ask(commands)
    }

    /// - Parameter key: Which of the actor's connections.
    func send(_ commands: [RedisCommand], to address: Int, from actor: SimulatedActor, by key: Int) {
        var block: Int64 = 0
        if case .readGroup(_, _, _, _, let time)? = commands.last { block = time }
        transmit(
            actor,
            .redis(address),
            by: key,
            timeout: .milliseconds(1500) + block,
            isCritical: commands.contains(where: \.isCritical)
        ) {
            .redisRequest(link: $0, token: actor.token, commands: commands)
        }
    }

    func send(_ commands: [PostgresCommand], to database: Int, from actor: SimulatedActor) {
        let isCritical = commands.contains(where: \.isCritical)
        let offset = actor.rowsOfGroup.map { row(keyedGroup($0), 0) } ?? 0
        let commands = offset == 0 ? commands : commands.map { $0.shifted(by: offset) }
        transmit(actor, .postgres(database), by: 0, timeout: .seconds(5), isCritical: isCritical) {
            .postgresRequest(link: $0, token: actor.token, commands: commands)
        }
    }

    private func transmit(
        _ actor: SimulatedActor,
        _ server: Server,
        by key: Int,
        timeout: Int64,
        isCritical: Bool,
        _ event: (Int) -> SimulatedEvent
    ) {
        let isOfPostgres = if case .postgres = server { true } else { false }
        guard !(actor.hasLostPostgres && isOfPostgres), let link = link(actor, server, key) else {
            actor.awaitedLink = nil
            queue.schedule(.timeout(actor: actor.index, token: actor.token), at: now + latency())
            return
        }
        actor.awaitedLink = link
        var request = Request(token: actor.token)
        defer { links[link].requests.append(request) }
        var delay = latency()
        let scale = isCritical ? 3 : 1
        if isFaulty, actor.role != .producer {
            let drawn = random.below(10_000)
            if drawn < scenario.lostRequests * scale {
                trace("\(actor.name): its request is lost")
                touch(actor.process)
                links[link].isCut = true
                return queue.schedule(.timeout(actor: actor.index, token: actor.token), at: now + lossTime(timeout))
            }
            if drawn >= 2000, drawn < 2000 + scenario.lostReplies * scale { request.losesReply = true }
            if drawn >= 5000, drawn < 5000 + scenario.lateMessages * scale {
                delay = Int64(random.between(100_000, 7_000_000))
                trace("\(actor.name): its request is late by \(delay / 1000) ms")
                touch(actor.process)
            }
        }
        let arrival = max(now + delay, links[link].lastArrival)
        links[link].lastArrival = arrival
        queue.schedule(event(link), at: arrival)
        if arrival - now > timeout {
            queue.schedule(.timeout(actor: actor.index, token: actor.token), at: now + timeout)
        }
    }

    /// A reset connection is noticed at once, a silent one after the timeout.
    private func lossTime(_ timeout: Int64) -> Int64 { random.chance(perMille: 700) ? latency() : timeout }

    /// The client gives the connection up; the server hears of it soon, or much later.
    func kill(_ link: Int) {
        guard !links[link].isDead else { return }
        links[link].isDead = true
        let isSilent = isFaulty && random.chance(perMille: 300)
        let delay = isSilent ? Int64(random.between(200_000, 20_000_000)) : latency()
        queue.schedule(.close(link: link), at: max(now, links[link].lastArrival) + delay)
    }

    // MARK: At the server

    func arrive(_ link: Int, _ commands: [RedisCommand]) {
        let (session, node) = (links[link].session, node(of: link))
        guard nodes.all[node].connections[session].isOpen else { return answer(link, .broken) }
        nodes.all[node].milliseconds = milliseconds
        var replies: [RedisReply] = []
        for command in commands {
            guard let reply = nodes.all[node].execute(command, session) else {
                if case .readGroup(_, _, _, _, let block) = command {
                    let serial = nodes.all[node].connections[session].serial
                    queue.schedule(.unblock(link: link, serial: serial), at: now + block)
                }
                return
            }
            replies.append(reply)
        }
        answer(link, .redis(replies))
        serveBlocked(node)
    }

    /// Those that were blocked get what they waited for, and those that listen hear who has rung.
    func serveBlocked(_ node: Int) {
        if !nodes.all[node].rings.isEmpty { passOnRings(of: node) }
        nodes.all[node].serveBlocked()
        guard !nodes.all[node].unblocked.isEmpty else { return }
        for (connection, reply) in nodes.all[node].unblocked {
            answer(nodes.all[node].connections[connection].link, .redis([reply]))
        }
        nodes.all[node].unblocked = []
    }

    func node(of link: Int) -> Int {
        guard case .redis(let address) = links[link].server else { preconditionFailure("\(link) leads to no Redis") }
        return nodes.nodes[address]
    }

    func arrive(_ link: Int, _ token: Int, _ commands: [PostgresCommand]) {
        guard case .postgres(let database) = links[link].server else { return }
        setClock(of: database)
        databases[database].nextCommitIsSlow = isFaulty && random.chance(perMille: scenario.slowCommits)
        databases[database].nextCommitIsRefused = isFaulty && random.chance(perMille: scenario.refusedCommits)
        databases[database].receive(commands, links[link].session)
        let session = databases[database].sessions[links[link].session]
        if session.waitsFor != nil || session.isFlushing {
            queue.schedule(.timeout(actor: links[link].actor, token: token), at: now + .seconds(5))
        }
        drain(database)
    }

    func setClock(of database: Int) {
        databases[database].now = now
        databases[database].milliseconds = milliseconds
    }

    var milliseconds: Int64 { 1_000_000 + clockOffset + now / 1000 }

    /// Passes on what the server has to say.
    func drain(_ database: Int) {
        guard !databases[database].outputs.isEmpty else { return }
        let outputs = databases[database].outputs
        databases[database].outputs = []
        for output in outputs {
            switch output {
            case .reply(let session, let replies):
                answer(databases[database].sessions[session].link, .postgres(replies))
            case .broken(let session): answer(databases[database].sessions[session].link, .broken)
            case .flushing(let session):
                let time = random.chance(perMille: 200) ? random.between(5000, 400_000) : random.between(200, 5000)
                queue.schedule(.flushed(database: database, session: session), at: now + Int64(time))
            case .idle(let session, let timeout, let activity):
                if sabotage == .noIdleTimeout { continue }
                queue.schedule(.idle(database: database, session: session, activity: activity), at: now + timeout)
            case .wrong(let what): fail(what)
            case .applied(let session, let writes, let problem, let backends):
                checkRound(session, writes, problem, backends)
            }
        }
    }

    func answer(_ link: Int, _ reply: Reply) {
        guard link >= 0, !links[link].requests.isEmpty else { return }
        let request = links[link].requests.removeFirst()
        if request.losesReply {
            trace("\(actors[links[link].actor].name): the reply is lost")
            touch(actors[links[link].actor].process)
            queue.schedule(
                .timeout(actor: links[link].actor, token: request.token),
                at: now + lossTime(.milliseconds(1500))
            )
            return
        }
        queue.schedule(.reply(link: link, serial: request.token, reply), at: now + latency())
    }

    func close(_ link: Int) {
        switch links[link].server {
        case .redis: nodes.all[node(of: link)].close(links[link].session)
        case .postgres(let database):
            databases[database].clientIsGone(links[link].session)
            drain(database)
        }
    }
}

extension RedisCommand {
    /// A step at which faults like to strike.
    var isCritical: Bool {
        switch self {
        case .exec, .setGroup, .createGroup, .acknowledge, .trim, .add: true
        default: false
        }
    }
}

extension PostgresCommand {
    var isCritical: Bool {
        switch self {
        case .begin, .rollback, .consult, .load, .heartbeat, .mark, .lead, .lockPartitions, .lockLeases: false
        case .lockAggregate, .insertOutbox, .insertDelayed, .cancelDelayed: false
        default: true
        }
    }
}
