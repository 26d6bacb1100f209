import Executors
import Perch

/// A running system as its operators reach it: one thread, and on it the connections to the system's servers.
///
/// Each subject of this library is asked through one: `SystemStatus(system)`, `Pauses(system)`. A connection is made when it is first
/// needed, and made again when it has died. Questions wait for one another, also those of several subjects. A program that answers several
/// people at once makes one system for each.
public actor OperatedSystem {
    /// Where its servers are.
    public nonisolated let connections: SystemConnections
    private let links: SystemLinks
    private let executor = ThreadExecutor(name: "perch-operator")
    /// Its own thread: the connections block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Connects to nothing yet.
    public init(_ connections: SystemConnections) {
        self.connections = connections
        links = SystemLinks(connections)
    }

    /// Runs on the thread of the connections, which are used nowhere else.
    func use<R: Sendable>(_ body: @Sendable (SystemLinks) throws -> R) throws -> R { try body(links) }
}
