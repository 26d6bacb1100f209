import Perch
import PerchProtocol

/// Runs a script of calls to the simulated servers, as a loop would make them: what the real servers are held to, these are too.
final class ScriptShell: ShellActor {
    private let script: (ScriptShell) throws -> Void

    private init(in simulation: Simulation, _ script: @escaping (ScriptShell) throws -> Void) {
        self.script = script
        super.init(.relay, index: 0, process: 0, in: simulation, token: 1)
    }

    override var rowsOfGroup: Int? { nil }

    override func run() throws {
        do { try script(self) } catch { failure = error }
        isOver = true
    }

    override func ended() {}

    private var failure: (any Error)?
    private var isOver = false

    /// Runs the script to its end, in virtual time.
    ///
    /// - Parameter nodes: Of the cluster; 1: there is one server.
    /// - Throws: What the script throws.
    static func run(nodes: Int = 1, _ script: @escaping (ScriptShell) throws -> Void) throws {
        let simulation = Simulation(seed: 1, runsShells: true, scriptedNodes: nodes)
        simulation.phase = .settle
        simulation.processes.append(.init(kind: .relay, actors: [0]))
        let shell = ScriptShell(in: simulation, script)
        simulation.actors.append(shell)
        shell.start()
        while !shell.isOver, let (time, event) = simulation.queue.next() {
            simulation.now = time
            simulation.dispatch(event)
        }
        shell.die()
        if let failure = shell.failure { throw failure }
    }

    // MARK: What a script needs beside the seams

    func groupTables(worker: WorkerID) -> SimulatedGroupTables {
        let owner = simulation.owners[worker] ?? simulation.nextOwner
        simulation.nextOwner = max(simulation.nextOwner, owner + 1)
        simulation.owners[worker] = owner
        return SimulatedGroupTables(of: self, owner: owner)
    }

    /// Commits an event into the outbox; its number.
    func publish(key: Int, isChecked: Bool = true) throws -> Int {
        // Whether a row was looked at goes by the number.
        while (simulation.events.count % 3 != 0) != isChecked || EventContents.isRefused(simulation.events.count) {
            simulation.events.append(key)
        }
        let event = simulation.events.count
        simulation.events.append(key)
        _ = try call(
            [
                .begin(idleTimeout: nil), .insertOutbox(event: event, partition: key % simulation.partitions.count),
                .commit,
            ],
            to: 0
        )
        return event
    }

    /// What time it is.
    var milliseconds: Int64 { simulation.milliseconds }

    /// Commits an event that is due then, which is not yet; its number.
    func delay(key: Int, until due: Int64) throws -> Int {
        while simulation.events.count % 3 == 0 || EventContents.isRefused(simulation.events.count) {
            simulation.events.append(key)
        }
        let event = simulation.events.count
        simulation.events.append(key)
        _ = try call(
            [
                .begin(idleTimeout: nil),
                .insertDelayed(
                    event: event,
                    key: key,
                    partition: key % simulation.partitions.count,
                    due: due
                ),
                .commit,
            ],
            to: 0
        )
        return event
    }

    /// Lets time go by.
    func pass(_ milliseconds: Int64) { sleep(.milliseconds(milliseconds)) }
    /// Hands the slot over to the other node of two: its key has gone there, and neither does anything for it.
    func beginHandover(of partition: Partition) { simulation.beginHandover(partition.number.rawValue, until: nil) }

    func endHandover(of partition: Partition) { simulation.endHandover(partition.number.rawValue) }

    /// Adds an entry by hand, on a connection of its own.
    func add(_ partition: Partition, _ id: EntryID, event: Int) {
        simulation.byHand(.add(partition.number.rawValue, id, event: event))
    }
}
