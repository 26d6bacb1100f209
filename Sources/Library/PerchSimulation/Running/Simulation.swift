import Perch
import PerchProtocol

/// One run: servers, actors and a network in virtual time, all drawn from one seed.
package final class Simulation {
    struct Link {
        let actor: Int
        let server: Server
        let session: Int
        /// The client has given it up.
        var isDead = false
        /// Something was lost on the way: nothing that is sent after it arrives.
        var isCut = false
        /// What is not answered yet, oldest first.
        var requests: [Request] = []
        var lastArrival: Int64 = 0
        /// Something is late on the way.
        var lateUntil: Int64 = 0
    }

    struct Request {
        let token: Int
        var losesReply = false
    }

    struct Process {
        enum Kind: Equatable {
            case worker(group: Int)
            case relay, producer
        }
        enum State { case running, paused, down }
        let kind: Kind
        var actors: [Int] = []
        var state = State.running
        var incarnation = 0
        /// Frozen until the heal phase.
        var isFrozenForLong = false
        var deferred: [SimulatedEvent] = []
    }

    enum Phase { case faults, calm, heal, settle }

    package let seed: UInt64
    /// Whether Perch's own loops run, and not the bare machines.
    let runsShells: Bool
    let sabotage: Sabotage?
    let scenario: Scenario
    let partitions: [Partition]
    var random: SplitMix64
    /// Draws of delayed events alone: seeds without any run as they did before there were such events.
    var delays: SplitMix64
    package internal(set) var now: Int64 = 0
    var queue = EventQueue()
    var nodes: SimulatedNodes
    var databases: [SimulatedPostgres]
    var links: [Link] = []
    var processes: [Process] = []
    var actors: [SimulatedActor] = []
    var phase = Phase.faults
    var phaseEnds: Int64
    /// The node that a process does not reach, while others do.
    var cutOff: [Int: Int] = [:]
    /// Of the request that arrives: what it changes something of.
    var streamAtHand: Int?
    /// Until when rings for a stream are lost.
    var deafUntil: [Int: Int64] = [:]
    /// Who listens for a stream, and at which address.
    var listeners: [Listener] = []
    var nextFault = 0
    var pendingFaults: [ScheduledFault] = []
    package internal(set) var steps = 0
    package internal(set) var violation: String?
    var nextOwner = 1
    /// The key of each event ever inserted; its index is its identity, in the order of insertion.
    var events: [Int] = []
    var snapshots: [PostgresData]
    var memoryEnds: Int64 = 0
    /// Milliseconds by which the servers' clocks are off.
    var clockOffset: Int64 = 0
    /// The producer's Postgres went back, and what only Redis holds is not copied back yet.
    var isAdoptionDue = false
    var progress: [Progress]
    /// Of the relays, by partition.
    var relaying: [Progress]
    /// By group and event: failures that were committed, attempts that were made, processes that it ended.
    var failures: [[Int: Int]]
    var attempts: [[Int: Int]]
    var deaths: [[Int: Int]]
    /// By group: when how many events were begun, where there is a limit.
    var begun: [[(time: Int64, count: Int)]]
    var firedFaults = 0
    var extensions = 0

    // The trace
    let tracing: Bool
    package internal(set) var lines: [String] = []

    /// Of the loops: what those of a process share, who a worker's owner is, and what the events look like.
    var memories: [Int: ProcessMemory] = [:]
    var owners: [WorkerID: Int] = [:]
    private(set) lazy var topic = makeTopic()
    private(set) lazy var contents = EventContents(keys: scenario.keys, partitions: scenario.partitions) {
        [unowned self] in events[$0]
    }

    /// - Parameters:
    ///   - fault: The only one that strikes; nil: the one that the sabotage is for, or as the seed has it.
    ///   - scriptedNodes: There are only the servers, so many of Redis: two partitions, one group, and nothing goes wrong.
    ///   - runsShells: Whether Perch's own loops run, over the same servers, and not the bare machines.
    package init(
        seed: UInt64,
        runsShells: Bool = false,
        scriptedNodes: Int? = nil,
        fault: Fault? = nil,
        sabotage: Sabotage? = nil,
        tracing: Bool = false
    ) {
        self.seed = seed
        self.runsShells = runsShells
        self.sabotage = sabotage
        self.tracing = tracing
        var random = SplitMix64(seed: seed)
        var scenario = Scenario(&random)
        if let scriptedNodes { scenario.becomeScripted(nodes: scriptedNodes) } else { scenario.drawNodes(seed) }
        if let fault = fault ?? sabotage?.fault { scenario.becomeRunOf(fault, seed) }
        self.scenario = scenario
        self.random = random
        self.delays = SplitMix64(seed: seed &+ 0x9E37_79B9)
        self.partitions = (0..<scenario.partitions).map { Partition("t", PartitionNumber(rawValue: $0)) }
        self.nodes = SimulatedNodes(
            count: scenario.nodes,
            streams: scenario.partitions,
            groups: scenario.groups
        )
        self.databases = [1, scenario.groups].map { groups in
            SimulatedPostgres(partitions: scenario.partitions, groups: groups, leaseTime: scenario.leaseTime)
        }
        self.phaseEnds = scenario.faultTime
        self.snapshots = databases.map(\.data)
        self.progress = Array(repeating: Progress(), count: scenario.groups * scenario.partitions)
        self.relaying = Array(repeating: Progress(), count: scenario.partitions)
        self.failures = Array(repeating: [:], count: scenario.groups)
        self.attempts = failures
        self.begun = Array(repeating: [], count: scenario.groups)
        self.deaths = failures
        for index in databases.indices { databases[index].sabotage = sabotage }
        if scriptedNodes == nil { makeProcesses() }
    }

    private func makeProcesses() {
        for _ in 0..<scenario.relays { make(.relay, runsShells ? [.relay] : [.relay, .assigner]) }
        for group in 0..<scenario.groups {
            for index in 0..<scenario.workersPerGroup {
                // Of the loops some processes have two workers.
                let more: [SimulatedActor.Role] = runsShells && (seed + UInt64(index)) % 3 == 0 ? [.worker] : []
                make(.worker(group: group), [.worker, .heartbeat] + more)
            }
        }
        for _ in 0..<scenario.producers { make(.producer, [.producer]) }
    }

    private func make(_ kind: Process.Kind, _ roles: [SimulatedActor.Role]) {
        let process = processes.count
        processes.append(Process(kind: kind))
        for role in roles {
            processes[process].actors.append(actors.count)
            actors.append(SimulatedActor.make(role, index: actors.count, process: process, in: self))
        }
    }

    func group(of process: Int) -> Int {
        if case .worker(let group) = processes[process].kind { group } else { 0 }
    }

    // MARK: Running

    /// Runs to the end; nil: everything held.
    package func run() -> String? {
        // The threads of those that still run come to their end.
        defer { for actor in actors { actor.die() } }
        for process in processes.indices { startActors(of: process) }
        queue.schedule(.watch, at: .milliseconds(100))
        queue.schedule(.snapshot, at: .milliseconds(200))
        while violation == nil, let (time, event) = queue.next() {
            now = time
            steps += 1
            if steps > 2_000_000 {
                fail("the run does not end: 2,000,000 steps at \(now) µs")
                break
            }
            dispatch(event)
            if phase == .settle, now >= phaseEnds {
                checkTheEnd()
                if now >= phaseEnds { break }
            }
        }
        return violation
    }

    func startActors(of process: Int) {
        for actor in processes[process].actors { actors[actor].start() }
    }

    func dispatch(_ event: SimulatedEvent) {
        switch event {
        case .redisRequest(let link, let token, let commands):
            let critical = commands.first(where: \.isCritical)
            streamAtHand = critical?.stream
            switch fate(of: token, on: link, isCritical: critical != nil) {
            case .arrives where isUnanswered(link):
                links[link].isCut = true
                queue.schedule(.timeout(actor: links[link].actor, token: token), at: now + .milliseconds(1500))
            case .arrives: arrive(link, commands)
            case .lost: links[link].isCut = true
            case .late(let time): queue.schedule(event, at: now + time)
            }
        case .postgresRequest(let link, let token, let commands):
            streamAtHand = nil
            switch fate(of: token, on: link, isCritical: commands.contains(where: \.isCritical)) {
            case .arrives: arrive(link, token, commands)
            case .lost: links[link].isCut = true
            case .late(let time): queue.schedule(event, at: now + time)
            }
        case .reply(let link, let token, let reply):
            let actor = links[link].actor
            guard !links[link].isDead, actors[actor].wants(token), !isDeferred(event, actor) else { return }
            if case .broken = reply { kill(link) }
            deliver(reply, to: actor, token)
        case .timeout(let actor, let token):
            guard actors[actor].wants(token), !isDeferred(event, actor) else { return }
            if let link = actors[actor].link(of: token) { kill(link) }
            deliver(.broken, to: actor, token)
        case .timer(let actor, let token):
            guard actors[actor].token == token, !isDeferred(event, actor) else { return }
            actors[actor].token += 1
            actors[actor].resume(.timer)
        case .close(let link): close(link)
        case .unblock(let link, let serial):
            if nodes.all[node(of: link)].endBlock(links[link].session, serial: serial) {
                answer(link, .redis([.delivered([])]))
            }
        case .flushed(let database, let session):
            databases[database].flushed(session)
            drain(database)
        case .idle(let database, let session, let activity):
            let state = databases[database].sessions[session]
            guard state.activity == activity, state.transaction != nil, state.waitsFor == nil, !state.isFlushing else {
                return
            }
            trace("postgres \(database): session \(session) was idle in its transaction for too long: ended")
            databases[database].end(session)
            drain(database)
        case .lockTimeout(let database, let session):
            guard databases[database].sessions[session].waitsFor != nil else { return }
            trace("postgres \(database): session \(session) waited for a lock for too long")
            databases[database].end(session)
            drain(database)
        case .up(let server): comeUp(server)
        case .ring(let actor, let stream):
            if !isDeferred(event, actor) { actors[actor].hearRing(stream) }
        case .heard(let node, let stream): hear(node, stream)
        case .handedOver(let stream): endHandover(stream)
        case .restart(let process, let incarnation):
            if processes[process].incarnation == incarnation { wake(process) }
        case .quiet(let process):
            if runsShells { tellToStop(process) }
            (actors[processes[process].actors[0]] as? WorkerActor)?.quiet()
        case .snapshot: takeSnapshots()
        case .watch: watch()
        }
    }

    /// Whether the node says nothing to anybody, or nothing to this process.
    private func isUnanswered(_ link: Int) -> Bool {
        nodes.all[node(of: link)].isSilent || cutOff[actors[links[link].actor].process] == node(of: link)
    }

    private func deliver(_ reply: Reply, to actor: Int, _ token: Int) {
        guard actors[actor].token == token else { return actors[actor].hear(reply, token) }
        actors[actor].token += 1
        actors[actor].receive(reply)
    }

    /// What reaches a frozen process waits in its sockets; what reaches a dead one is lost.
    private func isDeferred(_ event: SimulatedEvent, _ actor: Int) -> Bool {
        let process = actors[actor].process
        switch processes[process].state {
        case .running: return false
        case .down: return true
        case .paused:
            processes[process].deferred.append(event)
            return true
        }
    }

    // MARK: Telling

    func trace(_ text: @autoclosure () -> String) {
        guard tracing else { return }
        let milliseconds = now / 1000
        let fraction = String(1000 + now % 1000).dropFirst()
        lines.append("\(milliseconds).\(fraction) \(text())")
    }

    func fail(_ text: String) {
        guard violation == nil else { return }
        violation = text
        for (index, database) in databases.enumerated() {
            for (partition, lease) in database.data.leases.enumerated() where index > 0 {
                trace(
                    "postgres \(index): lease \(partition) \(lease), checkpoint \(database.data.checkpoints[partition])"
                )
            }
            for lock in database.locks { trace("postgres \(index): session \(lock.session) holds \(lock.key)") }
        }
        for case let worker as WorkerActor in actors {
            trace("\(worker.name) is owner \(worker.owner) and holds \(worker.machine.holdings)")
        }
        trace("VIOLATION \(text)")
    }
}
