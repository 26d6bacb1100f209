import Perch
import PerchProtocol

/// What runs one of Perch's own loops in the simulation: each call to a server is a request on the simulated network, and the loop's
/// thread has the baton only between two of them.
class ShellActor: SimulatedActor {
    private var thread: BatonThread?
    private var answer: Reply?
    private var waitsForOutcome = false
    /// Its process has ended: whatever it calls ends it too.
    private(set) var isDead = false
    /// The event whose handler ends the process.
    var killedBy: Int?
    /// Why the loop ended, where it was by an error.
    private var error: (any Error)?

    let memory: ProcessMemory

    override init(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int) {
        memory = simulation.memory(of: process)
        super.init(role, index: index, process: process, in: simulation, token: token)
    }

    static func makeShell(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int) -> ShellActor {
        switch role {
        case .worker: WorkerShell(role, index: index, process: process, in: simulation, token: token)
        case .heartbeat: HeartbeatShell(role, index: index, process: process, in: simulation, token: token)
        case .relay, .assigner, .producer:
            RelayShell(role, index: index, process: process, in: simulation, token: token)
        }
    }

    /// The loop. It ends when it is told to, or by an error.
    func run() throws {}

    /// It has ended in order.
    func ended() {}

    final override func start() {
        thread = BatonThread { [unowned self] in
            do { try run() } catch { self.error = error }
        }
        proceed()
    }

    final override func resume(_ reply: Reply) {
        answer = reply
        proceed()
    }

    final override func hasAnswer() { if waitsForOutcome { proceed() } }

    /// Its process is gone: the thread comes to its end.
    final override func die() {
        guard !isDead else { return }
        isDead = true
        thread?.run()
    }

    private func proceed() {
        guard !isDead, let thread else { return }
        thread.run()
        guard thread.isEnded else { return }
        if let event = killedBy { return simulation.kill(process, by: event, group) }
        if let error { return simulation.fail("\(role) \(process) has ended: \(error)") }
        ended()
    }

    var group: Int { simulation.group(of: process) }

    // MARK: Its servers

    /// How many connections to Redis it has made.
    var channels = 0
    /// What a sabotage takes the streams to be, wherever they have gone.
    var keptInfos: [Int: (address: Int, info: StreamInfo?)] = [:]
    /// What has rung last: all that a sabotage looks at.
    var heard: Set<Int> = []

    final func clusterGroupStreams(consumer: String) throws -> ClusterGroupStreams<SimulatedNodeConnections> {
        ClusterGroupStreams(
            connections: try SimulatedNodeConnections(of: self),
            naming: StreamNaming(),
            group: Self.groupName(group),
            consumer: consumer,
            sources: ["t": EventContents.source]
        )
    }

    final func clusterOwnerStreams() throws -> ClusterOwnerStreams<SimulatedNodeConnections> {
        ClusterOwnerStreams(
            connections: try SimulatedNodeConnections(of: self),
            naming: StreamNaming(),
            sources: ["t": EventContents.source],
            groups: ["t": simulation.topic.groups]
        )
    }

    final func groupStreams(consumer: String) -> RedisGroupStreams<SimulatedChannel> {
        RedisGroupStreams(
            connection: SimulatedChannel(of: self),
            naming: StreamNaming(),
            group: Self.groupName(group),
            consumer: consumer,
            sources: ["t": EventContents.source],
            mistakes: simulation.mistakes
        )
    }

    final func ownerStreams() -> RedisOwnerStreams<SimulatedChannel> {
        RedisOwnerStreams(
            connection: SimulatedChannel(of: self),
            naming: StreamNaming(),
            sources: ["t": EventContents.source],
            groups: ["t": simulation.topic.groups],
            mistakes: simulation.mistakes
        )
    }

    // MARK: On the thread

    /// Sends and waits.
    ///
    /// - Throws: `ServerFailure(.lost)` where the connection is broken; `ProcessDied`.
    final func call(_ commands: [RedisCommand], to address: Int, by channel: Int) throws -> [RedisReply] {
        try checkAlive()
        simulation.send(commands, to: address, from: self, by: channel)
        guard case .redis(let replies) = try reply() else {
            simulation.trace("\(name) \(commands) → broken")
            throw lost()
        }
        simulation.trace("\(name) \(commands) → \(replies)")
        return replies
    }

    final func call(_ commands: [PostgresCommand], to database: Int) throws -> [PostgresReply] {
        try checkAlive()
        simulation.send(commands, to: database, from: self)
        guard case .postgres(let replies) = try reply() else {
            simulation.trace("\(name) \(commands) → broken")
            throw lost()
        }
        if role != .heartbeat { simulation.trace("\(name) \(commands) → \(replies)") }
        if case .refused(.terminated)? = replies.last { throw lost() }
        return replies
    }

    /// Sends, and goes on without the answer.
    final func submit(_ commands: [PostgresCommand], to database: Int) throws {
        try checkAlive()
        simulation.send(commands, to: database, from: self)
        goOnUnanswered()
    }

    /// The answer to what was submitted first.
    final func outcome() throws -> [PostgresReply] {
        try checkAlive()
        if unawaited.isEmpty { throw lost() }
        while unawaited.first?.answer == nil {
            waitsForOutcome = true
            let reply = try reply()
            waitsForOutcome = false
            if case .broken? = reply { throw lost() }
            if unawaited.isEmpty { throw lost() }
        }
        guard case .postgres(let replies)? = unawaited.removeFirst().answer else { throw lost() }
        simulation.trace("\(name) outcome → \(replies)")
        return replies
    }

    final func sleep(_ time: Duration) {
        guard !isDead else { return }
        wait(max(1, time.virtual))
        _ = try? reply()
    }

    /// Sleeps until somebody rings, or the time is over.
    final func listen(atMost time: Duration) {
        guard rung.isEmpty else { return }
        isListening = true
        sleep(time)
        isListening = false
    }

    private func reply() throws -> Reply? {
        answer = nil
        thread?.park()
        try checkAlive()
        return answer
    }

    private func checkAlive() throws { if isDead { throw ProcessDied() } }

    /// Counts what the loop may drop its connections for.
    private(set) var losses = 0
    /// Appends that Redis refused.
    var refusals = 0

    final func noteLoss() { losses += 1 }

    private func lost() -> ServerFailure {
        losses += 1
        return ServerFailure(.lost, SimulatedLoss())
    }

    final func dropRedis(_ channel: Int) {
        if let link = redis.removeValue(forKey: channel) { simulation.kill(link) }
    }

    final func dropPostgres() {
        if let postgres { simulation.kill(postgres) }
        postgres = nil
        unawaited = []
    }
}

/// What the loops of one process share, while it lives.
final class ProcessMemory {
    let board = LeaseBoard()
    var isToldToStop = false
    /// Of its workers.
    var running = 0
}

/// The process of the thread has ended.
struct ProcessDied: Error {}

struct SimulatedLoss: Error, CustomStringConvertible {
    var description: String { "the connection is broken" }
}

/// Virtual time; what is drawn at random comes from the run's seed.
struct VirtualSurroundings: Surroundings {
    unowned(unsafe) let actor: ShellActor
    /// Whether the process is told to stop, as this loop is to hear it.
    let isTold: (ProcessMemory) -> Bool

    var now: Duration { .microseconds(actor.simulation.now) }
    func drawSeed() -> UInt64 { actor.simulation.random.next() }
    var isToldToStop: Bool { actor.isDead || isTold(actor.memory) }
    var isOverdue: Bool { actor.isDead }

    func wait(atMost limit: Duration) {
        guard actor.simulation.sabotage == .waitsByWallClock else { return actor.sleep(limit) }
        // Until the clock on the wall shows the time that it would show then, which an operator may have set back meanwhile.
        let end = actor.simulation.milliseconds + limit.milliseconds
        actor.sleep(limit)
        while !actor.isDead, actor.simulation.milliseconds < end {
            actor.sleep(.milliseconds(end - actor.simulation.milliseconds))
        }
    }
}
