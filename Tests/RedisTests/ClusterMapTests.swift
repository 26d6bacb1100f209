import Foundation
import LocalServers
import Testing

@testable import Redis

/// Which nodes of a cluster are asked for the map, and which is believed.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterMapTests {
    // MARK: Whose map is taken

    @Test func theFirstMapOfANodeInOrderIsTakenAndElseThatOfTheHighestEpoch() throws {
        func answer(_ port: Int, _ info: String) throws -> MapAnswer {
            var map = SlotMap()
            let slot = HashSlot(of: "k")
            map.give(slot...slot, to: try #require(ClusterNode(host: "h", port: port)))
            return MapAnswer(map, info: info)
        }
        func taken(_ infos: String...) throws -> (port: Int?, isSettled: Bool) {
            var answers = MapAnswers()
            for (index, info) in infos.enumerated() { answers.add(try answer(index + 1, info)) }
            return (answers.best?.map.masters.first?.port, answers.isSettled)
        }
        func fails(_ epoch: Int) -> String { "cluster_state:fail\r\ncluster_current_epoch:\(epoch)\r\n" }
        let serves = "cluster_state:ok\r\ncluster_current_epoch:1\r\n"
        #expect(try taken() == (nil, false))
        #expect(try taken(fails(5), serves, fails(9), serves) == (2, true))
        #expect(try taken(fails(5), fails(6), fails(6), fails(4)) == (2, false))
        // Whoever may not ask for the state, and what cannot be read.
        #expect(try taken("") == (1, true))
        #expect(try taken("cluster_state:fail\ncluster_current_epoch:many", fails(1)) == (2, false))
    }

    /// Clients reach it, the other nodes do not: it goes by the map that it had.
    @Test func aNodeThatIsCutOffFromTheOthersIsNotBelieved() throws {
        let cluster = try LocalRedisCluster(nodeTimeout: 1000)
        let slot = HashSlot(of: "k")
        let old = try #require(try cluster.master(of: "k"))
        old.kill()
        var found: LocalRedis?
        while found == nil { found = try cluster.master(of: "k") }
        let successor = cluster.address(of: try #require(found))
        let alone = try cutOff(old)
        defer { alone.stop() }
        #expect(try alone.cli("SET", "k", "v").hasPrefix("CLUSTERDOWN"))

        // Of the URL it is the first.
        let others = cluster.nodes.filter { $0 !== old }
        let all = try ClusterConnections(RedisConfiguration(url: cluster.url(of: [old] + others)))
        try #require(try all.node(of: slot).description == successor)
        // Where it is the only one it is better than none, and the others are asked as soon as may be.
        let only = try ClusterConnections(RedisConfiguration(url: cluster.url(of: [old])))
        #expect(only.map[slot]?.port == old.port)
        while try only.node(of: slot).description != successor {}
    }

    /// Starts the node again as it was, at the same address; for the bus the others are at addresses where nobody is.
    private func cutOff(_ node: LocalRedis) throws -> LocalRedis {
        let file = node.folderPath + "/nodes.conf"
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing(/@\d+/, with: "@1")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let alone = try LocalRedis(
            folder: node.folderPath,
            port: node.port,
            settings: [
                "cluster-enabled": "yes", "cluster-node-timeout": "1000", "cluster-require-full-coverage": "no",
                "cluster-port": String(try LocalRedis().port),
            ]
        )
        try alone.start()
        var isAlone = false
        while !isAlone {
            let others = try alone.cli("CLUSTER", "NODES").split(separator: "\n").filter { !$0.contains("myself") }
            isAlone = others.allSatisfy { $0.contains("fail") }
        }
        return alone
    }

    @Test func whatPutTheMapInDoubtIsAskedLast() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let url = cluster.url(of: [cluster.nodes[0]])
        let connections = try ClusterConnections(RedisConfiguration(url: url + "?connect_timeout=1.2"))
        for node in connections.map.masters { try connections.connection(to: node).execute(RedisCommand("PING")) }
        // The others are doubted: the silent one is asked before them, once.
        let silent = connections.map.masters[2]
        let process = try #require(cluster.nodes.first { cluster.address(of: $0) == silent.description })
        process.pause()
        defer { process.resume() }
        let down = RedisError(.redirected, "CLUSTERDOWN", prefix: .clusterDown)
        func doubt() throws {
            for node in connections.map.masters where node != silent { connections.note(down, from: node) }
            _ = try connections.node(of: HashSlot(of: "k"))
        }
        let before = connections.refreshes
        while connections.refreshes == before { try doubt() }
        #expect(connections.standing(of: silent) == nil, "nobody waits for it again")
        #expect(connections.map.covered == HashSlot.count && !connections.isCutOff)
        // The wait for it counts as none of the pause between two questions.
        let began = ContinuousClock.now
        try doubt()
        #expect(connections.refreshes == before + 1 || began.duration(to: .now) > .seconds(1))
    }

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
