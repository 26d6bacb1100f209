import Logging
import Perch
import PerchProtocol

/// A worker: Perch's own loop.
final class WorkerShell: ShellActor {
    let owner: Int

    override init(_ role: Role, index: Int, process: Int, in simulation: Simulation, token: Int) {
        owner = simulation.nextOwner
        simulation.nextOwner += 1
        super.init(role, index: index, process: process, in: simulation, token: token)
        memory.running += 1
        simulation.owners[workerID] = owner
    }

    var workerID: WorkerID { WorkerID(rawValue: "w\(owner)/1") }

    override var rowsOfGroup: Int? { group }

    override func run() throws {
        if simulation.nodes.isCluster {
            try run { [unowned self] in try clusterGroupStreams(consumer: "w\(owner)") }
        } else {
            try run { [unowned self] in groupStreams(consumer: "w\(owner)") }
        }
    }

    private func run<Streams: GroupStreams>(over streams: @escaping () throws -> Streams) throws {
        let scenario = simulation.scenario
        let consumers = simulation.consumerGroup(group)
        var settings = WorkerLoop<Streams, SimulatedDispatch, VirtualSurroundings>.Settings(
            lease: .microseconds(scenario.leaseTime),
            batchSize: scenario.batchSize
        )
        settings.machine.readsAhead = scenario.readsAhead
        settings.machine.leavesAway = simulation.sabotage == .awayLeasesKept ? .seconds(3600) : .seconds(2)
        settings.machine.leavesFor = .seconds(4)
        settings.machine.straysAfter = simulation.sabotage == .straysNotTaken ? .seconds(3600) : .milliseconds(800)
        settings.machine.sweepEvery = simulation.sabotage == .nothingSwept ? .seconds(3600) : .seconds(2)
        try WorkerLoop(
            id: workerID,
            progress: ProgressMark(name: "w\(owner)"),
            metrics: ConsumerMetrics(consumers),
            group: consumers,
            settings: settings,
            board: memory.board,
            dispatch: SimulatedDispatch(),
            connections: .init(
                streams: streams,
                tables: { [unowned self] in SimulatedGroupTables(of: self, owner: owner) }
            ),
            world: VirtualSurroundings(actor: self) { $0.isToldToStop },
            logger: .tracing(self)
        ).run()
    }

    override func ended() { memory.running -= 1 }
}

/// The heartbeat of a process: Perch's own loop, for all its workers.
final class HeartbeatShell: ShellActor, Stallable {
    var stalledUntil: Int64 = 0

    override func run() throws {
        let consumers = simulation.consumerGroup(group)
        let workers = simulation.workers(of: process).map(\.workerID)
        try HeartbeatLoop(
            workers: workers,
            group: consumers,
            partitions: simulation.partitions,
            board: memory.board,
            lease: .microseconds(simulation.scenario.leaseTime),
            every: .microseconds(simulation.scenario.heartbeatEvery),
            world: VirtualSurroundings(actor: self) { $0.running == 0 },
            logger: .tracing(self)
        ) { [unowned self] in SimulatedHeartbeatTables(of: self) }.run()
    }

    override func ended() { simulation.workerStopped(process) }
}
