import Executors
import Perch

/// Looks into a whole system: its topics, groups, workers and events, across the services' databases.
///
/// For the CLI and the console. It changes nothing; every question is bounded, whatever the streams hold. It has a thread
/// and connections of its own; a server that is away is told as a `ServerProblem` beside what the others said.
public actor SystemReader {
    let links: SystemLinks
    private let executor = ThreadExecutor(name: "perch-reader")
    /// Its own thread: the connections block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Connects when first asked.
    public init(_ system: SystemConnections) { links = SystemLinks(system) }

    var system: SystemConnections { links.system }
    var contract: Contract { links.system.contract }

    /// Runs a question; what goes wrong with its server is noted, and the answer is nil.
    func ask<R>(_ problems: inout [ServerProblem], _ question: () throws -> R) throws -> R? {
        do {
            return try question()
        } catch let problem as ServerProblem {
            if !problems.contains(problem) { problems.append(problem) }
            return nil
        }
    }
}
