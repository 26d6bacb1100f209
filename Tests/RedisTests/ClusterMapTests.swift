import Foundation
import LocalServers
import Testing

@testable import Redis

/// Which nodes of a cluster are asked for the map, and which is believed.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterMapTests {
    // MARK: Who is passed

    @Test func aNodeThatRefusesIsPassed() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await withLocalRedis { plain in
            try #expect(cluster.nodes[0].cli("CONFIG", "SET", "requirepass", "another") == "OK")
            let refusing = [plain, cluster.nodes[0]]
            let serving = try RedisConfiguration(url: cluster.url(of: refusing + [cluster.nodes[1]]))
            let connections = try ClusterConnections(serving)
            #expect(connections.map.covered == HashSlot.count)

            // Where none serves, what somebody has to mend is said, and what the others are.
            cluster.nodes[1].kill()
            let places = try RedisConfiguration(url: cluster.url(of: [cluster.nodes[1]] + refusing))
            let error = try #require(throws: RedisError.self) { try ClusterConnections(places) }
            #expect(error.code == .configuration)
            #expect(error.message.contains("\(cluster.address(of: cluster.nodes[1])): Connection refused"), "\(error)")
            #expect(error.message.contains("127.0.0.1:\(plain.port) is no node of a cluster"), "\(error)")
        }
    }

    // MARK: What is kept

    @Test func aSilentNodeCostsAtMostANinthOfTheTime() {
        #expect(NodeFailures.rest(after: .seconds(2)) == .seconds(16))
        #expect(NodeFailures.rest(after: .zero) == .milliseconds(50))
        #expect(NodeFailures.rest(after: .seconds(86_400)) == .seconds(30))
    }
}
