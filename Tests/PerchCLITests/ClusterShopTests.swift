import LocalServers
import Perch
import PerchDocuments
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// The operators' tools on a system whose streams are on the nodes of a cluster.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterShopTests {
    @Test func theToolsReachAllPartitions() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await withShop(on: cluster.nodes[0], cluster.url) { shop in
            try await shop.running {
                try await shop.publish(24)
                try await shop.isProcessed(24)
                let doctor = try shop.perch("doctor")
                #expect(doctor.code == 0, "\(doctor)")
                #expect(try shop.perch("doctor", "--json").out.contains("redis-cluster-covered"))
            }
            for arguments in [["topics"], ["topics", "describe", "orders"], ["groups"], ["workers"], ["pending"]] {
                let said = try Tool.run(arguments + ["--json"], environment: shop.environment())
                #expect(said.code == 0, "\(arguments): \(said)")
            }
            let topic = try #require(try await shop.status.topics().first)
            #expect(topic.events == 24 && topic.partitions.allSatisfy { $0.length ?? 0 > 0 })
            let id = try await shop.database.query("SELECT event_id::text AS id FROM perch.log LIMIT 1") {
                try $0.decode("id", as: String.self)
            }
            let shown = try shop.perch("show", "orders", #require(id.first))
            #expect(shown.code == 0, "\(shown)")
            #expect(try shop.perch("trace", "order-3").code == 0)

            var tail = TopicTail(try shop.connections(), topic: Samples.orders, from: .beginning)
            var seen = 0
            try await eventually("the tail has all") {
                seen += try await tail.next().count
                return seen >= 24
            }
            tail = TopicTail(try shop.connections(), topic: Samples.orders, from: .end)
            #expect(try await tail.next(within: .milliseconds(1)).isEmpty)

            try await shop.running {
                let replayed = try shop.perch("replay", "shipping", "orders", "--from", "beginning", "--yes")
                #expect(replayed.code == 0, "\(replayed)")
                try await eventually("all are handled again") { try await shop.handled() >= 48 }
            }
            #expect(try await shop.isInOrder())
            // How fast they are, and so how it ends, is the machine's.
            let bench = try shop.perch("bench", "--rounds", "5", "--json")
            #expect(bench.out.contains("read_100") && bench.out.contains("\"problems\" : [\n\n  ]"), "\(bench)")
        }
    }

    @Test func aNodeThatIsAwayIsNamedAndTheOthersPartitionsAreShown() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await withShop(on: cluster.nodes[0], cluster.url) { shop in
            try await shop.running {
                try await shop.publish(24)
                try await shop.isProcessed(24)
            }
            let partitions = (0..<4).map { Partition("orders", PartitionNumber(rawValue: $0)) }
            let victim = try #require(
                try partitions.compactMap { try cluster.master(of: "\($0)") }.first { $0 !== cluster.nodes[0] }
            )
            let there = try partitions.filter { try cluster.master(of: "\($0)") !== victim }
            victim.kill()
            let found = try await shop.diagnosis.findings()
            let away = try #require(found.first { $0.code == "redis-node-away" })
            #expect(away.severity == .problem)
            #expect(FindingText(away.finding).message.contains("127.0.0.1:\(victim.port) does not answer"))
            let group = try #require(try await shop.status.groups().first)
            let known = group.status.partitions.filter { $0.lastEntry != nil }.map(\.partition)
            #expect(Set(known) == Set(there), "\(group.status)")
            // What its streams do not tell the log does.
            let pages = try await EventPages(shop.operated).pages(of: "orders", partitions.map(\.number))
            #expect(pages.reduce(0) { $0 + $1.events.count } == 24 && pages.allSatisfy(\.isAtBeginning))
            for (partition, page) in zip(partitions, pages) {
                #expect(page.problems.map(\.server) == (there.contains(partition) ? [] : ["Redis"]), "\(partition)")
            }
        }
    }

    @Test func aTailThatANodeFailedGoesOnWhereItWas() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        try await withShop(on: cluster.nodes[0], cluster.url) { shop in
            try await shop.running {
                try await shop.publish(24)
                try await shop.isProcessed(24)
            }
            let partitions = (0..<4).map { Partition("orders", PartitionNumber(rawValue: $0)) }
            let last = try #require(
                try partitions.reversed().compactMap { try cluster.master(of: "\($0)") }.first {
                    $0 !== cluster.nodes[0]
                }
            )
            let tail = TopicTail(try shop.connections(), topic: Samples.orders, from: .beginning)
            last.stop()
            await #expect(throws: ServerProblem.self) { try await tail.next() }
            try last.start()
            var seen: [Envelope] = []
            try await eventually("the tail has all") {
                seen += ((try? await tail.next()) ?? []).compactMap(\.envelope)
                return seen.count >= 24
            }
            #expect(Set(seen.map(\.id)).count == 24 && seen.count == 24)
        }
    }

    @Test func theDoctorSaysWhichSlotsAreHalfMovedAndWhoWantsAll() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let system = try SystemDiagnosis(
            OperatedSystem(
                SystemConnections(contract: Samples.contract, redis: .init(url: cluster.url), databases: [:])
            )
        )
        let asTheyShouldBe: Set = ["redis-slots-moving", "redis-node-fails", "redis-cluster-wants-all-slots"]
        #expect(try await system.findings().allSatisfy { !asTheyShouldBe.contains($0.code) })

        try cluster.beginMove(of: 7, from: cluster.nodes[0], to: cluster.nodes[1])
        try cluster.beginMove(of: 5, from: cluster.nodes[0], to: cluster.nodes[1])
        // Left over at one end alone.
        try cluster.nodes[2].cli("CLUSTER", "SETSLOT", "9", "IMPORTING", cluster.nodes[0].cli("CLUSTER", "MYID"))
        try cluster.nodes[1].cli("CONFIG", "SET", "cluster-require-full-coverage", "yes")
        let findings = try await system.findings()
        let moving = findings.filter { $0.code == "redis-slots-moving" }
        let addresses = cluster.nodes.map(cluster.address)
        #expect(
            Set(moving.map(\.facts)) == [
                ["slots": .list(["5", "7"]), "from": .text(addresses[0]), "to": .text(addresses[1])],
                ["slots": .list(["9"]), "from": .text(addresses[0]), "to": .text(addresses[2])],
            ]
        )
        let text = try #require(moving.map { FindingText($0.finding) }.first { $0.message.contains("slots 5, 7 are") })
        #expect(text.advice.contains("redis-cli --cluster fix \(addresses[1])"))
        let wanting = try #require(findings.first { $0.code == "redis-cluster-wants-all-slots" })
        #expect(wanting.severity == .warning && wanting.facts == ["nodes": .list([addresses[1]])])

        for slot in [5, 7] { try cluster.endMove(of: slot, to: cluster.nodes[1]) }
        try cluster.nodes[2].cli("CLUSTER", "SETSLOT", "9", "STABLE")
        #expect(try await system.findings().allSatisfy { $0.code != "redis-slots-moving" })
    }

    @Test func theDoctorSaysWhichNodeTheOthersHoldForGone() async throws {
        let cluster = try LocalRedisCluster(replicas: 0, nodeTimeout: 500)
        let system = try SystemDiagnosis(
            OperatedSystem(
                SystemConnections(contract: Samples.contract, redis: .init(url: cluster.url), databases: [:])
            )
        )
        let victim = cluster.address(of: cluster.nodes[2])
        cluster.nodes[2].kill()
        var failing: [Diagnosis] = []
        try await eventually("both others agree") {
            failing = try await system.findings().filter { $0.code == "redis-node-fails" }
            return failing.contains {
                $0.facts["reason"] == .text("fail") && $0.facts["told_by"] != nil && failing.count == 1
            }
        }
        let others = cluster.nodes[..<2].map(cluster.address)
        #expect(failing[0].severity == .problem && failing[0].facts["node"] == .text(victim))
        #expect(failing[0].facts["told_by"] == .list(others))
        #expect(FindingText(failing[0].finding).message.contains("\(victim) is marked fail by \(others[0])"))

        // One of three is no majority: it says itself that it is cut off.
        cluster.nodes[1].kill()
        try await eventually("it says so") {
            failing = try await system.findings().filter { $0.facts["reason"] == .text("cluster_state:fail") }
            return !failing.isEmpty
        }
        #expect(failing.map { $0.facts["node"] } == [.text(others[0])])
    }

    @Test func theDoctorSaysThatSlotsAreMissing() async throws {
        let redis = try LocalRedis(settings: ["cluster-enabled": "yes", "cluster-require-full-coverage": "no"])
        try redis.start()
        defer { redis.stop() }
        try redis.cli("CLUSTER", "ADDSLOTSRANGE", "0", "100")
        let system = SystemConnections(
            contract: Samples.contract,
            redis: try .init(url: "redis+cluster://127.0.0.1:\(redis.port)"),
            databases: [:]
        )
        let findings = try await SystemDiagnosis(OperatedSystem(system)).findings()
        let missing = try #require(findings.first { $0.code == "redis-cluster-slots-missing" })
        #expect(missing.facts["slots"] == .number(16_283))
    }
}
