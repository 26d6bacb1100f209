import Perch
package import PerchOperating
import Times

/// Workers and relays as JSON.
package struct WorkersDocument: Encodable {
    let workers: [Worker]
    let relays: [Relay]
    let problems: [ProblemDocument]

    struct Worker: Encodable {
        let group, name, host: String
        let pid: Int
        let startedAt: String
        let beatSeconds: Double
        let isLive: Bool
        let partitions: [String]
    }

    struct Relay: Encodable {
        let owner, host: String
        let pid: Int
        let connectedAt: String
        let isActive: Bool
    }

    package init(_ workers: [WorkerStatus], _ relays: [RelayStatus], _ problems: [ProblemDocument]) {
        self.relays = relays.map {
            Relay(
                owner: $0.owner,
                host: $0.host,
                pid: $0.pid,
                connectedAt: $0.startedAt.description,
                isActive: $0.isActive
            )
        }
        self.workers = workers.map {
            Worker(
                group: $0.group.rawValue,
                name: $0.name,
                host: $0.host,
                pid: $0.pid,
                startedAt: $0.startedAt.description,
                beatSeconds: $0.silence.rounded,
                isLive: $0.isLive,
                partitions: $0.partitions.map(\.description)
            )
        }
        self.problems = problems
    }
}
