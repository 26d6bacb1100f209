import Foundation
import LocalServers
import Testing

@testable import Redis

/// The connections to the nodes of a cluster, with real ones.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterTests {
    // MARK: Slots

    @Test func aKeyHasTheSlotThatRedisGivesIt() async throws {
        let settings = ["cluster-enabled": "yes"]
        try await withLocalRedis(settings: settings) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            var random = SystemRandomNumberGenerator()
            let special = [
                "", "{", "}", "{}", "{}a", "a{b}c", "a{b}{c}", "{{a}}", "a{b", "a}b{c}", "tickets:0", "{perch}:a:1",
            ]
            let keys: [[UInt8]] =
                special.map { Array($0.utf8) }
                + (0..<10_000).map { _ in
                    let letters = Array("{}ab:".utf8)
                    return (0..<Int.random(in: 0...12)).map { _ in
                        Bool.random() ? letters[Int.random(in: 0..<5)] : UInt8.random(in: 0...255, using: &random)
                    }
                }
            for key in keys { try connection.send(RedisCommand("CLUSTER KEYSLOT", key)) }
            for key in keys {
                let slot = try connection.receive { try $0.integer }
                #expect(HashSlot(ofBytes: key).number == slot, "\(key)")
            }
        }
    }

    @Test func aSlotHasANumberBelowTheirCount() {
        #expect(HashSlot(-1) == nil && HashSlot(16_384) == nil)
        #expect(HashSlot(0)?.number == 0 && HashSlot(16_383)?.number == 16_383)
    }

    // MARK: The map

    @Test func theMapOfOneNodeLeadsToAllOthers() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let seed = cluster.url(of: [cluster.nodes[1]])
        let connections = try ClusterConnections(RedisConfiguration(url: seed))
        #expect(connections.map.covered == HashSlot.count)
        #expect(Set(connections.map.masters.map(\.description)) == Set(cluster.nodes.map(cluster.address)))
        for index in 0..<300 {
            let key = "key-\(index)"
            let node = try connections.node(of: HashSlot(of: key))
            try connections.connection(to: node).execute(RedisCommand("SET", key, index))
        }
        #expect(connections.standing.count == 3, "one connection a node")
        try #expect(cluster.nodes.reduce(0) { $0 + (Int(try $1.cli("DBSIZE")) ?? 0) } == 300)
    }

    @Test func aNodeOfTheURLThatIsAwayIsPassed() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        cluster.nodes[0].kill()
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let gone = try #require(HashSlot(0))
        #expect(throws: (any Error).self) { try connections.connection(to: connections.node(of: gone)) }
        for node in cluster.nodes { node.kill() }
        let error = try #require(throws: RedisError.self) {
            try ClusterConnections(RedisConfiguration(url: cluster.url))
        }
        #expect(error.code == .connectionFailed && error.isRetriable)
        for node in cluster.nodes {
            #expect(error.message.contains("\(cluster.address(of: node)): Connection refused"), "\(error)")
        }
    }

    @Test func aRedisThatIsNoClusterIsSaidToBeNone() async throws {
        try await withLocalRedis { redis in
            let url = "redis+cluster://127.0.0.1:\(redis.port)"
            let error = try #require(throws: RedisError.self) { try ClusterConnections(RedisConfiguration(url: url)) }
            #expect(error.code == .configuration)
            #expect(error.message.contains("127.0.0.1:\(redis.port) is no node of a cluster (cluster_enabled:0)"))
        }
        let single = try #require(throws: RedisError.self) {
            try RedisConnection(RedisConfiguration(url: "redis+cluster://:hunter2@h1"))
        }
        #expect(single.code == .configuration && single.message.contains("redis+cluster://:***@h1:6379 is a cluster"))
    }

    // MARK: One try

    @Test func aSlotThatHasMovedIsSaidAndPatchedAndTheConnectionGoesOn() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let slot = HashSlot(of: "k")
        let old = try connections.node(of: slot)
        let target = try #require(cluster.nodes.first { cluster.address(of: $0) != old.description })
        let connection = try connections.connection(to: old)
        try connection.execute(RedisCommand("SET", "k", "v"))
        try cluster.move(slot: slot.number, to: target)

        let refreshes = connections.refreshes
        let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("GET", "k")) }
        #expect(error.code == .redirected && error.isRetriable && !error.isConnectionDead)
        #expect(connections.note(error, from: old) == .moved)
        let new = try connections.node(of: slot)
        #expect(new.description == cluster.address(of: target))
        let value = try connections.connection(to: new).execute(RedisCommand("GET", "k")) { try $0.string() }
        #expect(value == "v")
        #expect(!connection.isDead)
        // Many of them do not ask for the whole map each time: at most once a second.
        let began = ContinuousClock.now
        for _ in 0..<1000 {
            connections.note(error, from: old)
            _ = try connections.node(of: slot)
        }
        let seconds = Int(began.duration(to: .now).components.seconds)
        #expect(connections.refreshes - refreshes <= 2 + seconds)
        #expect(try connections.node(of: slot) == new)
    }

    @Test func aKeyOnItsWayIsMigratingAndNothingIsDone() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let slot = HashSlot(of: "k")
        let source = try #require(try cluster.master(of: "k"))
        let target = try #require(cluster.nodes.first { $0 !== source })
        let node = try connections.node(of: slot)
        let connection = try connections.connection(to: node)
        try connection.execute(RedisCommand("XADD", "k", "1-1", "a", "b"))
        try connection.execute(RedisCommand("WATCH", "k"))
        try cluster.beginMove(of: slot.number, from: source, to: target)
        // Still here: as ever.
        try connection.execute(RedisCommand("XLEN", "k"))
        try cluster.moveKeys(of: slot.number, from: source, to: target)

        try connection.send(RedisCommand("MULTI"))
        try connection.send(RedisCommand("XADD", "k", "1-2", "a", "b"))
        try connection.send(RedisCommand("EXEC"))
        try connection.receive { _ in }
        let error = try #require(throws: RedisError.self) { try connection.receive { _ in } }
        #expect(error.prefix == .ask && connections.note(error, from: node) == .migrating)
        let aborted = try #require(throws: RedisError.self) { try connection.receive { _ in } }
        #expect(aborted.prefix == .execAbort && connections.note(aborted, from: node) == nil)
        #expect(try connections.node(of: slot) == node, "it is waited out")
        try cluster.endMove(of: slot.number, to: target)
        try #expect(target.cli("XLEN", "k") == "1")
    }

    @Test func aNodeThatDiesIsDownAndTheOthersGoOn() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let nodes = try [0, 8_000, 16_383].map { try connections.node(of: #require(HashSlot($0))) }
        for node in nodes { try connections.connection(to: node).execute(RedisCommand("PING")) }
        let victim = try #require(cluster.nodes.first { cluster.address(of: $0) == nodes[0].description })
        victim.kill()
        let error = try #require(throws: RedisError.self) {
            try connections.connection(to: nodes[0]).execute(RedisCommand("PING"))
        }
        #expect(connections.note(error, from: nodes[0]) == .down)
        for node in nodes.dropFirst() { try connections.connection(to: node).execute(RedisCommand("PING")) }
        // What was found a moment ago is not tried again.
        let found = try #require(throws: RedisError.self) { try connections.connection(to: nodes[0]) }
        #expect(connections.note(found, from: nodes[0]) == .down)
        try victim.start()
        while (try? connections.connection(to: nodes[0]).execute(RedisCommand("PING"))) == nil {}
    }

    @Test func aReplicaThatTakesOverIsFound() throws {
        let cluster = try LocalRedisCluster(nodeTimeout: 1000)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let slot = HashSlot(of: "k")
        let master = try #require(try cluster.master(of: "k"))
        let replica = try #require(try cluster.replicas(of: master).first)
        func set(_ value: String) -> Bool {
            guard let node = try? connections.node(of: slot) else { return false }
            do {
                try connections.connection(to: node).execute(RedisCommand("SET", "k", value))
                return true
            } catch let error as RedisError {
                connections.note(error, from: node)
            } catch {}
            return false
        }
        #expect(set("1"))
        master.kill()
        while !set("2") {}
        try #expect(replica.cli("GET", "k") == "2")
        // By plan: the old master, a replica now, says where the slot is.
        try master.start()
        try cluster.failOver(to: master)
        while !set("3") {}
        try #expect(master.cli("GET", "k") == "3")
    }

    @Test func aClusterIsSpokenToThroughTLSAndWithAPassword() throws {
        let tls = try LocalTLS(LocalCertificateAuthority())
        let cluster = try LocalRedisCluster(replicas: 0, password: "hunter2", tls: tls)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        #expect(Set(connections.map.masters.map(\.port)) == Set(cluster.nodes.compactMap(\.tlsPort)))
        for index in 0..<30 {
            let node = try connections.node(of: HashSlot(of: "\(index)"))
            try connections.connection(to: node).execute(RedisCommand("SET", "\(index)", "v"))
        }
        let wrong = cluster.url.replacing("hunter2", with: "hunter3")
        let error = try #require(throws: RedisError.self) { try ClusterConnections(RedisConfiguration(url: wrong)) }
        #expect(error.prefix == .wrongPassword && !error.message.contains("hunter"))
    }

    // MARK: Bells

    @Test func aBellRingsForItsChannelAndALostOneOnlyCostsTheTime() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let bells = ClusterBells(connections, interruption: -1)
        let names = ["a", "b", "c", "d"]
        let channels = try Dictionary(grouping: names) { try connections.node(of: HashSlot(of: $0)) }
        // What is listened to from now on may have rung before.
        var heard: Set<String> = []
        while heard.count < names.count { heard.formUnion(bells.wait(for: channels, atMost: .seconds(3600))) }
        #expect(bells.wait(for: channels, atMost: .milliseconds(1)).isEmpty)

        /// When this returns the ring has come: a node writes what it owes to its listeners before it reads again, and it may answer
        /// who rang before that.
        func ring(_ channel: String) throws {
            let connection = try connections.connection(to: connections.node(of: HashSlot(of: channel)))
            try connection.execute(RedisCommand("SPUBLISH", channel, ""))
            try connection.execute(RedisCommand("PING"))
        }
        try ring("c")
        #expect(bells.wait(for: channels, atMost: .seconds(3600)) == ["c"])
        try ring("a")
        bells.forgetRings()
        #expect(bells.wait(for: channels, atMost: .milliseconds(1)).isEmpty)

        // Who is not asked for is not heard.
        let fewer = channels.mapValues { $0.filter { $0 != "b" } }
        _ = bells.wait(for: fewer, atMost: .milliseconds(1))
        try ring("b")
        try ring("d")
        #expect(bells.wait(for: fewer, atMost: .seconds(3600)) == ["d"])
    }

    @Test func aChannelWhoseSlotGoesAwayRings() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let bells = ClusterBells(connections, interruption: -1)
        let slot = HashSlot(of: "k")
        let source = try #require(try cluster.master(of: "k"))
        let target = try #require(cluster.nodes.first { $0 !== source })
        let channels = [try connections.node(of: slot): ["k"]]
        #expect(bells.wait(for: channels, atMost: .seconds(3600)) == ["k"])
        try cluster.move(slot: slot.number, to: target)
        #expect(bells.wait(for: channels, atMost: .seconds(3600)) == ["k"])
        #expect(connections.refreshes == 1)
        // It said so by itself: nothing is sent to the old node to learn it.
        let address = cluster.address(of: target)
        while try "\(connections.node(of: slot))" != address {}
        #expect(connections.refreshes > 1)
    }

    @Test func aMapThatIsOldIsAskedForThoughNobodySaysThatASlotHasMoved() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let connections = try ClusterConnections(RedisConfiguration(url: cluster.url), mapAge: .milliseconds(1))
        let patient = try ClusterConnections(RedisConfiguration(url: cluster.url))
        let slot = HashSlot(of: "k")
        let target = try #require(cluster.nodes.first { try $0 !== cluster.master(of: "k") })
        try cluster.move(slot: slot.number, to: target)
        let address = cluster.address(of: target)
        while try "\(connections.node(of: slot))" != address {}
        #expect(try "\(patient.node(of: slot))" != address && patient.refreshes == 1, "its map is not old yet")
    }
}
