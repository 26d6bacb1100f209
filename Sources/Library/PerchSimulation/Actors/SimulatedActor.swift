import PerchProtocol

/// A client of the servers: one thing at a time, it sends a request or waits, and is resumed with what came of it.
class SimulatedActor {
    enum Role { case worker, heartbeat, relay, assigner, producer }

    unowned(unsafe) let simulation: Simulation
    let role: Role
    let index: Int
    let process: Int
    let name: String
    /// Counts what was awaited: an answer to anything older is not heard.
    var token: Int
    /// By address of a node; or by channel, of Perch's own loops.
    var redis: [Int: Int] = [:]
    var postgres: Int?
    /// Of a cluster's nodes.
    var known = KnownNodes()
    var nodeCall: NodeCall?
    /// Streams that were rung for and not looked at since.
    var rung: Set<Int> = []
    /// It waits, and a ring ends that.
    var isListening = false
    var awaitedLink: Int?
    /// Oldest first.
    var unawaited: [Unawaited] = []

    struct Unawaited {
        let token: Int
        let link: Int?
        var answer: Reply?
    }

    init(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int) {
        self.role = role
        self.index = index
        self.process = process
        self.simulation = simulation
        self.token = token
        self.name = simulation.tracing ? "\(role)\(process)" : ""
    }

    static func make(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int = 1)
        -> SimulatedActor
    {
        if simulation.runsShells, role != .producer {
            return ShellActor.makeShell(role, index: index, process: process, in: simulation, token: token)
        }
        return switch role {
        case .worker: WorkerActor(role, index: index, process: process, in: simulation, token: token)
        case .heartbeat: HeartbeatActor(role, index: index, process: process, in: simulation, token: token)
        case .relay: RelayActor(role, index: index, process: process, in: simulation, token: token)
        case .assigner: AssigningActor(role, index: index, process: process, in: simulation, token: token)
        case .producer: ProducerActor(role, index: index, process: process, in: simulation, token: token)
        }
    }

    /// The group whose rows its statements are about, as if there were no others; nil: they name the row itself.
    var rowsOfGroup: Int? { nil }

    func start() {}
    /// Its process is gone.
    func die() {}
    func resume(_ reply: Reply) {}

    /// The answer to what it has sent, or to the part of it that went to one node.
    final func receive(_ reply: Reply) {
        guard let call = nodeCall else { return resume(reply) }
        if let whole = take(reply, of: call) { resume(whole) }
    }

    /// Somebody has appended to the stream.
    final func hearRing(_ stream: Int) {
        rung.insert(stream)
        guard isListening else { return }
        isListening = false
        token += 1
        resume(.timer)
    }

    /// The oldest of `unawaited` has its answer.
    func hasAnswer() {}

    // MARK: Requests that are answered later

    /// Goes on without the answer to what was just sent.
    func goOnUnanswered() {
        unawaited.append(Unawaited(token: token, link: awaitedLink))
        token += 1
    }

    /// The connection is broken, and the actor has not asked yet: what it sends fails.
    var hasLostPostgres: Bool {
        unawaited.contains { if case .broken? = $0.answer { true } else { false } }
    }

    /// Whether it wants the answer to this request, now or later.
    func wants(_ token: Int) -> Bool { self.token == token || unawaited.contains { $0.token == token } }

    /// Where the request went.
    func link(of token: Int) -> Int? { unawaited.first { $0.token == token }.map(\.link) ?? awaitedLink }

    func hear(_ reply: Reply, _ token: Int) {
        guard let index = unawaited.firstIndex(where: { $0.token == token }) else { return }
        unawaited[index].answer = reply
        if case .broken = reply, let link = unawaited[index].link, awaitedLink == link {
            // Whatever else it waits for on this connection will not come.
            simulation.queue.schedule(.timeout(actor: self.index, token: self.token), at: simulation.now + 1)
        }
        if index == 0 { hasAnswer() }
    }

    func wait(_ time: Int64) {
        awaitedLink = nil
        simulation.queue.schedule(.timer(actor: index, token: token), at: simulation.now + max(time, 1))
    }

    func send(_ commands: RedisCommand...) { simulation.send(commands, from: self) }
    func send(_ commands: PostgresCommand..., to database: Int) { simulation.send(commands, to: database, from: self) }

    func disconnect() {
        for (_, link) in redis.sorted(by: { $0.key < $1.key }) { simulation.kill(link) }
        if let postgres { simulation.kill(postgres) }
        redis = [:]
        nodeCall = nil
        known = KnownNodes()
        postgres = nil
        unawaited = []
    }
}

/// A producing service: transactions that lock aggregates and insert into the outbox, of which some are rolled back.
final class ProducerActor: SimulatedActor {
    private enum Stage {
        case thinking
        case began
        case working([Int], next: Int)
        case inserting([Int], next: Int)
        case ending
    }

    private var stage = Stage.thinking
    private(set) var left = 0
    /// It has just cancelled a delayed event, and may take its time before it ends the transaction.
    private var lingers = false

    var isIdle: Bool { if case .thinking = stage { left == 0 } else { false } }

    override func start() {
        left = simulation.scenario.transactions
        think()
    }

    /// A few more, once all is well again.
    func goOn() {
        let wasIdle = isIdle
        left += simulation.scenario.lateTransactions
        if wasIdle { think() }
    }

    private func think() {
        stage = .thinking
        guard left > 0 else { return }
        let span = Int(simulation.scenario.faultTime) * 4 / 3 / simulation.scenario.transactions
        let isBurst = simulation.random.chance(perMille: 300)
        wait(Int64(simulation.random.below(simulation.isFaulty ? (isBurst ? 2000 : span) : 50_000)))
    }

    override func resume(_ reply: Reply) {
        if case .broken = reply {
            lingers = false
            left = max(0, left - 1)
            disconnect()
            return think()
        }
        if case .postgres(let replies) = reply, case .refused? = replies.last {
            left = max(0, left - 1)
            lingers = false
            stage = .ending
            return send(.rollback, to: 0)
        }
        switch stage {
        case .thinking:
            stage = .began
            send(.begin(idleTimeout: nil), to: 0)
        case .began:
            // The keys in order, so that producers do not deadlock.
            var keys: [Int] = []
            for key in 0..<simulation.scenario.keys where simulation.random.chance(perMille: 400) { keys.append(key) }
            if keys.isEmpty { keys = [simulation.random.below(simulation.scenario.keys)] }
            stage = .working(keys, next: 0)
            wait(simulation.random.chance(perMille: 300) ? Int64(simulation.random.below(300_000)) : 50)
        case .working where lingers:
            lingers = false
            wait(Int64(simulation.delays.below(simulation.delays.chance(perMille: 300) ? 1_000_000 : 50)))
        case .working(let keys, let next):
            guard next < keys.count else { return end() }
            stage = .inserting(keys, next: next)
            send(.lockAggregate(keys[next]), to: 0)
        case .inserting(let keys, let next):
            stage = .working(keys, next: next + 1)
            if simulation.hasDelays, simulation.delays.chance(perMille: 150),
                let delayed = simulation.delays.pick(simulation.databases[0].data.delayed)
            {
                lingers = true
                return send(.cancelDelayed(event: delayed.event), to: 0)
            }
            let event = simulation.events.count
            simulation.events.append(keys[next])
            let partition = keys[next] % simulation.scenario.partitions
            guard simulation.hasDelays, simulation.delays.chance(perMille: 350) else {
                return send(.insertOutbox(event: event, partition: partition), to: 0)
            }
            let delay = Int64(simulation.delays.between(1, Int(Scenario.longestDelay)))
            let due = simulation.milliseconds + (simulation.delays.chance(perMille: 500) ? delay : delay / 20)
            send(.insertDelayed(event: event, key: keys[next], partition: partition, due: due), to: 0)
        case .ending:
            think()
        }
    }

    private func end() {
        stage = .ending
        left -= 1
        if simulation.random.chance(perMille: 120) { return send(.rollback, to: 0) }
        send(.commit, to: 0)
    }
}

/// What can hang while the rest of its process goes on.
protocol Stallable: AnyObject {
    var stalledUntil: Int64 { get set }
}

/// The heartbeat of a worker's process: its own connection; it goes on while the worker waits for a lock.
final class HeartbeatActor: SimulatedActor, Stallable {
    private var connections = 1
    /// Leases in the worker's name that it does not know of, since when.
    private var unknown: [PostgresCommand.Owned: Int64] = [:]
    var stalledUntil: Int64 = 0

    private var worker: WorkerActor? { simulation.actors[index - 1] as? WorkerActor }

    override func start() { wait(1) }

    override func resume(_ reply: Reply) {
        guard let worker else { return }
        switch reply {
        case .timer where stalledUntil > simulation.now:
            return wait(stalledUntil - simulation.now)
        case .timer:
            let group = simulation.keyedGroup(simulation.group(of: process))
            return send(
                .heartbeat(owner: worker.owner, group: group, isConnected: worker.isConnected),
                to: Simulation.consumers
            )
        case .postgres(let replies):
            if case .view(let share, let claimable, let epochs, let revisions, let owned, let clock, _, _, _)? = replies
                .last
            {
                var view = LeaseView(share: .whole(share), claimable: .whole(claimable), connection: connections)
                view.clock = simulation.sabotage == .earlyEntriesHandled ? .max : clock
                for (partition, epoch) in zip(simulation.partitions, epochs) { view.epochs[partition] = epoch }
                for (partition, revision) in zip(simulation.partitions, revisions) {
                    view.revisions[partition] = revision
                }
                worker.observe(view)
                let seen = worker.unknown(among: owned)
                unknown = Dictionary(uniqueKeysWithValues: seen.map { ($0, unknown[$0] ?? simulation.now) })
                let due = seen.filter { simulation.now - (unknown[$0] ?? 0) >= simulation.scenario.leaseTime }
                if !due.isEmpty { return send(.giveUp(owner: worker.owner, due), to: Simulation.consumers) }
            }
        case .broken:
            connections += 1
            disconnect()
        case .redis: break
        }
        wait(simulation.scenario.heartbeatEvery)
    }
}
