import Foundation
import LocalServers
import PerchProtocol
import Redis

@testable import Perch
@testable import PerchSimulation

/// One cluster for all scenarios, started by the first one.
let sharedCluster = Result { try LocalRedisCluster(replicas: 0) }

/// The real servers, with the streams on the nodes of a cluster. The two partitions are on two of them.
struct ClusterSeam: SeamServers {
    private let real: RealSeam

    /// Another one of the same streams.
    init(_ redis: String, _ url: String, naming: StreamNaming) throws {
        real = try RealSeam(redis, url, naming: naming)
    }

    init(_ redis: String, _ url: String) throws {
        var naming: StreamNaming
        let connections = try ClusterConnections(RedisConfiguration(url: redis))
        repeat {
            naming = StreamNaming(namespace: UUID().uuidString)
        } while try connections.node(of: HashSlot(of: naming.key(first)))
            == connections.node(of: HashSlot(of: naming.key(second)))
        try self.init(redis, url, naming: naming)
    }

    var naming: StreamNaming { real.naming }

    func key(_ partition: Partition) -> String { real.naming.key(partition) }

    func groupStreams() throws -> ClusterGroupStreams<ClusterConnections> {
        ClusterGroupStreams(
            connections: try ClusterConnections(real.redis),
            naming: real.naming,
            group: "g0",
            consumer: "w1",
            sources: ["t": EventContents.source]
        )
    }

    func ownerStreams() throws -> ClusterOwnerStreams<ClusterConnections> {
        ClusterOwnerStreams(
            connections: try ClusterConnections(real.redis),
            naming: real.naming,
            sources: ["t": EventContents.source],
            groups: ["t": ["g0"]]
        )
    }

    func operatorStreams() throws -> OperatorStreams { try real.operatorStreams() }

    func tables(_ worker: WorkerID) throws -> SQLGroupTables { try real.tables(worker) }
    func heartbeat() throws -> SQLHeartbeatTables { try real.heartbeat() }
    func outbox() throws -> RelayStore { try real.outbox() }
    func publish(key: Int, isChecked: Bool) throws { try real.publish(key: key, isChecked: isChecked) }
    func admit(_ worker: WorkerID) throws { try real.admit(worker) }
    func delay(keys: [Int], by milliseconds: Int64) throws { try real.delay(keys: keys, by: milliseconds) }
    func pass(_ milliseconds: Int64) throws { try real.pass(milliseconds) }

    func addForeign(_ partition: Partition, _ id: EntryID) throws {
        let connections = try ClusterConnections(real.redis)
        let key = real.naming.key(partition)
        let node = try connections.node(of: HashSlot(of: key))
        try connections.connection(to: node).execute(RedisCommand("XADD", key, id.description, "greeting", "hello"))
    }
}
