import Logging
import Perch
import PerchProtocol

/// A relay: Perch's own loop.
final class RelayShell: ShellActor {
    /// How many losses there had been when it connected last; nil: it has not yet.
    private var lossesAtConnect: Int?
    /// Refusals that it has given a connection up for.
    private var usedRefusals = 0

    override func run() throws {
        if simulation.nodes.isCluster {
            try run { [unowned self] in try clusterOwnerStreams() }
        } else {
            try run { [unowned self] in ownerStreams() }
        }
    }

    private func run<Streams: OwnerStreams>(over streams: @escaping () throws -> Streams) throws {
        var settings = RelayProtocol.Settings()
        settings.batchSize = simulation.scenario.relayBatchSize
        settings.assignLimit = simulation.scenario.assignLimit
        settings.poll = .milliseconds(150)
        settings.trimEvery = .milliseconds(1700)
        settings.resign.first = simulation.sabotage == .awayLeadKept ? .seconds(3600) : .seconds(2)
        settings.resign.cap = .seconds(simulation.sabotage == .awayLeadKept ? 3600 : 8)
        // A piece is larger than a node, or nothing would go.
        settings.trimLimit = simulation.scenario.trimLimit + SimulatedRedis.nodeSize
        if simulation.sabotage == .readOnlyTakenAsRefusal { settings.refusalsUntilReconnect = .max }
        try RelayLoop(
            topics: [simulation.topic],
            connections: .init(
                streams: { [unowned self] in
                    checkReason(settings)
                    return try streams()
                },
                tables: { [unowned self] in SimulatedOwnerTables(of: self) },
                database: "simulated"
            ),
            settings: settings,
            world: VirtualSurroundings(actor: self) { $0.isToldToStop },
            progress: ProgressMark(name: "relay"),
            logger: .tracing(self)
        ).run()
    }

    /// A connection is given up where it is broken, or where appends are refused on it again and again: for nothing else.
    private func checkReason(_ settings: RelayProtocol.Settings) {
        defer { lossesAtConnect = losses }
        guard lossesAtConnect == losses else { return }
        if refusals - usedRefusals < settings.refusalsUntilReconnect {
            simulation.fail("relay \(process) has given up connections that were sound")
        }
        usedRefusals = refusals
    }

    override func ended() { simulation.workerStopped(process) }
}
