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

    @Test func whoeverReconnectsKnowsTheNodesOfTheLastMap() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let configuration = try RedisConfiguration(url: cluster.url(of: [cluster.nodes[0]]))
        _ = try ClusterConnections(configuration)
        cluster.nodes[0].kill()
        #expect(try ClusterConnections(configuration).map.covered == HashSlot.count)
        // Another configuration knows the URL alone.
        let other = try RedisConfiguration(url: cluster.url(of: [cluster.nodes[0]]))
        #expect(throws: RedisError.self) { try ClusterConnections(other) }
    }

    @Test func whoeverReconnectsDoesNotWaitAgainForANodeThatWasSilent() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let configuration = try RedisConfiguration(url: cluster.url)
        let node = try #require(ClusterConnections(configuration).map.masters.first)
        let silence = RedisError(.timeout, "no answer")
        let began = ContinuousClock.now
        configuration.clusterMemory.change { $0.failures.note(silence, of: node, after: .seconds(3600)) }
        let connections = try ClusterConnections(configuration)
        let error = #expect(throws: RedisError.self) { try connections.connection(to: node) }
        #expect(error == silence || began.duration(to: .now) > .seconds(30))
    }

    @Test func whatOneCallerFindsUnfitAnotherOneMayTake() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let configuration = try RedisConfiguration(url: cluster.url)
        let unfit = RedisError(.reply, "unfit")
        let choosy = try ClusterConnections(configuration) { _ in throw unfit }
        let node = try #require(choosy.map.masters.first)
        #expect(throws: unfit) { try choosy.connection(to: node) }
        let others = try ClusterConnections(configuration)
        try others.connection(to: node).execute(RedisCommand("PING"))
    }

    @Test func aSilentNodeCostsAtMostANinthOfTheTime() {
        #expect(NodeFailures.rest(after: .seconds(2)) == .seconds(16))
        #expect(NodeFailures.rest(after: .zero) == .milliseconds(50))
        #expect(NodeFailures.rest(after: .seconds(86_400)) == .seconds(30))
    }
}
