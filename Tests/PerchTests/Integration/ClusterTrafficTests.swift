import Foundation
import LocalServers
import Perch
import PerchTesting
import Testing

/// The streams are on the nodes of a cluster, and something happens to these: each event takes effect, once, in the order of its key.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterTrafficTests {
    @Test func eventsTakeEffectOnceAndInOrderOverTheDeathOfAMaster() async throws {
        let cluster = try LocalRedisCluster()
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: "Cluster: a master is killed") { traffic in
            let (number, master) = try cluster.aStream()
            master.kill()
            try await eventually("a replica is the master") {
                try cluster.master(of: "orders:\(number)").map { $0 !== master } ?? false
            }
            traffic.serverServes()
            try await traffic.flowsAgain(in: cluster.partitions)
            // It comes back as a replica of the one that took over.
            try master.start()
            try await eventually("the old master is a replica") { try master.cli("ROLE").hasPrefix("slave") }
        }
    }

    @Test func eventsTakeEffectOnceAndInOrderOverTheDeathOfTheOnlyNodeThatTheURLNames() async throws {
        let cluster = try LocalRedisCluster()
        let (_, master) = try cluster.aStream()
        try await ExactTraffic.through(cluster.nodes[0], cluster.url(of: [master])) { traffic in
            master.kill()
            try await traffic.flowsAgain(in: cluster.partitions)
        }
    }

    @Test func eventsTakeEffectOnceAndInOrderOverAMasterThatFreezes() async throws {
        let cluster = try LocalRedisCluster()
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: "Cluster: a master is frozen") { traffic in
            let (_, master) = try cluster.aStream()
            let replica = try #require(try cluster.replicas(of: master).first)
            master.pause()
            try await eventually("the replica is the master") {
                // A server that changes its role ends its clients.
                (try? replica.cli("ROLE"))?.hasPrefix("master") == true
            }
            traffic.serverServes()
            try await traffic.flowsAgain(in: cluster.partitions)
            // It wakes as a second master, until the others tell it.
            master.resume()
            try await eventually("the old master is a replica") { try master.cli("ROLE").hasPrefix("slave") }
        }
    }

    @Test func eventsTakeEffectOnceAndInOrderOverTheRestartOfAllNodes() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: "Cluster: all nodes restart") { traffic in
            for node in cluster.nodes { node.kill() }
            for node in cluster.nodes { try node.start() }
            try await eventually("all slots are served") {
                try cluster.nodes.allSatisfy { try $0.cli("CLUSTER", "INFO").contains("cluster_state:ok") }
            }
            traffic.serverServes()
            try await traffic.flowsAgain(in: cluster.partitions)
        }
    }

    @Test func eventsTakeEffectOnceAndInOrderWhereAReplicaThatLacksTheEndTakesOver() async throws {
        let cluster = try LocalRedisCluster()
        let fault = "Cluster: a replica that lacks the end takes over"
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: fault) { traffic in
            let (number, master) = try cluster.aStream()
            let replica = try #require(try cluster.replicas(of: master).first)
            // It follows no more: what it says to its master is refused.
            try replica.cli("CONFIG", "SET", "masterauth", "wrong")
            try master.cli("CLIENT", "KILL", "TYPE", "replica")
            try await eventually("it follows no more") {
                try replica.cli("INFO", "replication").contains("master_link_status:down")
            }
            try await traffic.flowsAgain(in: [number])
            traffic.faultBegins()
            master.kill()
            try await eventually("a replica is the master") {
                try cluster.master(of: "orders:\(number)").map { $0 !== master } ?? false
            }
            traffic.serverServes()
            try await traffic.flowsAgain()
        }
    }

    @Test func eventsTakeEffectOnceAndInOrderOverAPlannedFailover() async throws {
        let cluster = try LocalRedisCluster()
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: "Cluster: a planned failover") { traffic in
            let (_, master) = try cluster.aStream()
            let replica = try #require(try cluster.replicas(of: master).first)
            try cluster.failOver(to: replica)
            try await eventually("the replica is the master") {
                (try? replica.cli("ROLE"))?.hasPrefix("master") == true
            }
            traffic.serverServes()
            try await traffic.flowsAgain(in: cluster.partitions)
        }
    }

    @Test func eventsTakeEffectOnceAndInOrderWhileTheirStreamsMoveToOtherNodes() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let fault = "Cluster: streams move to other nodes"
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: fault) { traffic in
            for number in cluster.partitions {
                let slot = try cluster.slot(of: "orders:\(number)")
                let source = try #require(try cluster.master(ofSlot: slot))
                let target = try #require(cluster.nodes.first { $0 !== source })
                try cluster.beginMove(of: slot, from: source, to: target)
                try cluster.moveKeys(of: slot, from: source, to: target)
                // The stream is at neither node for who does not ask twice: the others go on.
                try await traffic.flowsAgain(in: cluster.partitions.filter { $0 != number })
                try cluster.endMove(of: slot, to: target)
                try await traffic.flowsAgain(in: [number])
            }
        }
    }

    /// As docs/deploying.md has it for one that is too large to be carried.
    @Test func aStreamThatIsNotCarriedWithItsSlotIsMadeAgainAtTheNewNode() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await ExactTraffic.through(cluster.nodes[0], cluster.url) { traffic in
            let (number, source) = try cluster.aStream()
            let key = "orders:\(number)"
            let slot = try cluster.slot(of: key)
            let target = try #require(cluster.nodes.first { $0 !== source })
            try cluster.beginMove(of: slot, from: source, to: target)
            try #expect(source.cli("UNLINK", key) == "1")
            try cluster.endMove(of: slot, to: target)
            try await traffic.flowsAgain(in: cluster.partitions)
            try #expect(target.cli("EXISTS", key) == "1")
        }
    }

    @Test func whileAShardIsAwayTheOthersMoveOn() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let fault = "Cluster: a shard is away for a while"
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: fault) { traffic in
            let (_, master) = try cluster.aStream()
            let others = try cluster.partitions.filter { try cluster.master(of: "orders:\($0)") !== master }
            #expect(!others.isEmpty)
            master.kill()
            for _ in 0..<5 { try await traffic.flowsAgain(in: others) }
            try master.start()
            try await eventually("its slots are served") {
                try master.cli("CLUSTER", "INFO").contains("cluster_state:ok")
            }
            traffic.serverServes()
            try await traffic.flowsAgain(in: cluster.partitions)
        }
    }

    @Test func aStreamThatIsLostWithItsNodesDataIsMadeAgain() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await ExactTraffic.through(cluster.nodes[0], cluster.url, fault: "Cluster: FLUSHALL of a node") { traffic in
            let (_, master) = try cluster.aStream()
            try master.cli("FLUSHALL")
            traffic.serverServes()
            try await traffic.flowsAgain(in: cluster.partitions)
        }
    }

    @Test func theRightsOfTheTemplateAreEnough() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let rights = try Self.rights(of: "relay-tracker") + Self.rights(of: "worker-analytics")
        for node in cluster.nodes {
            let user = ["ACL", "SETUSER", "perch", "reset", "on", ">hunter2", "~orders:[0-9]*", "&orders:[0-9]*"]
            try #expect(node.cli(user + rights) == "OK")
        }
        let url = cluster.url.replacing("redis+cluster://", with: "redis+cluster://perch:hunter2@")
        try await ExactTraffic.through(cluster.nodes[0], url) { traffic in
            try await traffic.flowsAgain(in: cluster.partitions)
            for node in cluster.nodes { try #expect(node.cli("ACL", "LOG").isEmpty) }
        }
    }

    /// The commands that a user of the template may say.
    private static func rights(of user: String) throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let template = try String(contentsOf: root.appendingPathComponent("ops/redis/users.acl"), encoding: .utf8)
        let line = try #require(template.split(separator: "\n").first { $0.hasPrefix("user \(user) ") })
        return line.split(separator: " ").filter { $0.hasPrefix("+") }.map(String.init)
    }

    @Test func theSameThroughTLSAndWithAPassword() async throws {
        let tls = try LocalTLS(LocalCertificateAuthority())
        let cluster = try LocalRedisCluster(password: "hunter2", tls: tls)
        try await ExactTraffic.through(cluster.nodes[0], cluster.url) { traffic in
            let (_, master) = try cluster.aStream()
            master.kill()
            try await traffic.flowsAgain(in: cluster.partitions)
        }
    }
}

extension LocalRedisCluster {
    fileprivate var partitions: [PartitionNumber] { (0..<orders.partitions).map { PartitionNumber(rawValue: $0) } }

    /// One of the streams, and its master. The first node is not among them: the URL begins with it, and it is to be there.
    fileprivate func aStream() throws -> (PartitionNumber, LocalRedis) {
        let found = try partitions.compactMap { number in
            try master(of: "orders:\(number)").flatMap { $0 === nodes[0] ? nil : (number, $0) }
        }
        return try #require(found.first)
    }
}
