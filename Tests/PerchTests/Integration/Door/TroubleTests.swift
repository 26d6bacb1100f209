import Foundation
import LocalServers
import Metrics
import MetricsTestKit
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch

/// A partition's trouble is its own; a server's trouble is told as what it is.
@Suite(.serialized) struct TroubleTests {
    private func notices(_ kind: String, in metrics: TestMetrics) -> Int64 {
        metrics.counterTotal(label: "perch_relay_notices_total", dimensions: [("kind", kind)])
    }

    @Test func aStreamThatIsAnotherKindOfKeyStopsNoOther() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await withOrders(declaredOrders) { system, database in
                _ = try system.redis.cli("SET", "orders:0", "x")
                try await running(system, workers: 1) {
                    for count in 1...3 {
                        try await database.transaction { tx in
                            for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: count)) }
                        }
                        for key in keyOfEachPartition.dropFirst() {
                            try await database.eventuallyHandled(key, Array(1...count))
                        }
                    }
                    #expect(notices("troubled", in: metrics) > 0)
                    #expect(notices("reconnecting", in: metrics) == 0)
                    _ = try system.redis.cli("DEL", "orders:0")
                    try await database.eventuallyHandled(keyOfEachPartition[0], [1, 2, 3])
                }
            }
        }
    }

    @Test func aPartitionWhosePositionsCannotBeGivenStopsNoOther() async throws {
        try await withOrders(declaredOrders) { system, database in
            // The next position is taken: the log has gone ahead of the partition's row.
            _ = try await database.execute(
                """
                INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
                VALUES ('orders', 0, 1, 1, gen_random_uuid(), 'order_counted', 1, 'x', now(), '{}')
                """
            )
            try await running(system, workers: 1) {
                for count in 1...3 {
                    try await database.transaction { tx in
                        for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: count)) }
                    }
                    for key in keyOfEachPartition.dropFirst() {
                        try await database.eventuallyHandled(key, Array(1...count))
                    }
                }
                _ = try await database.execute(
                    "DELETE FROM perch.log WHERE position = 1 AND partition = 0 AND key = 'x'"
                )
                try await database.eventuallyHandled(keyOfEachPartition[0], [1, 2, 3])
            }
        }
    }

    @Test func topicsOfAnotherContractAreLeftToItsRelay() async throws {
        try await withOrders(declaredOrders) { system, database in
            _ = try await database.execute(
                """
                WITH t AS (INSERT INTO perch.topics (topic, partitions, source) VALUES ('newer', 1, 'shop') RETURNING topic),
                p AS (INSERT INTO perch.partitions (topic, partition) SELECT topic, 0 FROM t)
                SELECT FROM t
                """
            )
            _ = try await database.execute(
                """
                INSERT INTO perch.outbox (topic, partition, type, key, data, is_checked)
                VALUES ('newer', 0, 'x', 'a', '{}', true), ('newer', 0, 'x', 'a', '{}', false)
                """
            )
            try await running(system, workers: 1) {
                try await database.transaction { tx in
                    for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: 1)) }
                }
                for key in keyOfEachPartition { try await database.eventuallyHandled(key, [1]) }
            }
            #expect(try await database.count("SELECT count(*) FROM perch.outbox WHERE topic = 'newer'") == 2)
            #expect(try await database.count("SELECT count(*) FROM perch.refused_events") == 0)
        }
    }

    @Test func aFullRedisIsToldAsSuchThoughADeclaredGroupIsMissing() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await withOrders(declaredOrders) { system, database in
                let relay = try system.relay(owner: "shop")
                _ = try system.redis.cli("CONFIG", "SET", "maxmemory", "1")
                try await database.transaction { tx in
                    for key in keyOfEachPartition { try tx.publish(OrderCounted(order: key, count: 1)) }
                }
                let relaying = Task { try await relay.run() }
                // Nobody runs the group, so each inspection that is pipelined behind an append carries an error.
                try await eventually("it says so of each partition, again and again") {
                    notices("refused", in: metrics) >= 12
                }
                #expect(
                    notices("reconnecting", in: metrics) <= notices("refused", in: metrics) / 5,
                    "only to see whether there is another server behind the name"
                )
                _ = try system.redis.cli("CONFIG", "SET", "maxmemory", "0")
                try await eventually("it goes on") {
                    try (0..<4).allSatisfy { try system.redis.cli("XLEN", "orders:\($0)").contains("1") }
                }
                relaying.cancel()
                try await relaying.value
            }
        }
    }

    @Test func aRedisThatBecomesAReplicaIsLeftForWhatIsBehindItsName() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await withLocalRedis { master in
                try await withOrders(declaredOrders) { system, database in
                    try await running(system, workers: 1) {
                        try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 1)) }
                        try await database.eventuallyHandled("a", [1])
                        let url = try #require(URL(string: master.url))
                        _ = try system.redis.cli("REPLICAOF", "127.0.0.1", "\(try #require(url.port))")
                        try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 2)) }
                        try await eventually("it makes new connections") { notices("reconnecting", in: metrics) >= 3 }
                        #expect(notices("refused", in: metrics) == 0)
                        _ = try system.redis.cli("REPLICAOF", "NO", "ONE")
                        try await database.eventuallyHandled("a", [1, 2])
                    }
                }
            }
        }
    }

    @Test func aRedisWithTooFewReplicasIsAFailedConnection() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await withOrders(declaredOrders) { system, database in
                let relay = try system.relay(owner: "shop")
                _ = try system.redis.cli("CONFIG", "SET", "min-replicas-to-write", "1")
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 1)) }
                let relaying = Task { try await relay.run() }
                try await eventually("it makes new connections") { notices("reconnecting", in: metrics) >= 3 }
                #expect(notices("refused", in: metrics) == 0)
                relaying.cancel()
                try await relaying.value
            }
        }
    }

    @Test func aClusterIsRefusedWithWhatToDoAndANamespaceOfOneSlotIsTaken() async throws {
        try await withLocalRedis(settings: ["cluster-enabled": "yes"]) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            for naming in ["", "shop", "{}", "{shop", "shop}"] {
                let error = #expect(throws: UnfitRedis.self) {
                    try connection.requireFitness(for: StreamNaming(namespace: naming))
                }
                #expect(error?.description.contains("namespace in braces") == true)
                #expect(throws: UnfitRedis.self) { try connection.requireOneNode(for: StreamNaming(namespace: naming)) }
            }
            for naming in ["{perch}", "shop-{a}"] {
                try connection.requireFitness(for: StreamNaming(namespace: naming))
            }
        }
    }

    @Test func theRelayTakesAShareOfMemoryWhateverLiesInTheOutbox() async throws {
        try await withOrders(declaredOrders) { system, database in
            _ = try await database.execute(
                """
                INSERT INTO perch.outbox (topic, partition, type, key, data, is_checked)
                SELECT 'orders', n % 4, 'order_counted', 'a', json_build_object('text', repeat('x', 60000)), true
                FROM generate_series(1, 1000) n
                """
            )
            let store = RelayStore(
                connection: try PostgresConnection(system.postgres),
                naming: StreamNaming(),
                sources: ["orders": "shop"]
            )
            try store.assign(most: 1000, except: [])
            let runs = try store.collect()
            #expect(runs.count == 4)
            for run in runs { #expect((60...72).contains(run.entries.count), "4 MiB of each") }
            let loaded = try store.load(Partition("orders", 0), after: 0, most: 1000)
            #expect(loaded.count == runs[0].entries.count)
            #expect(try store.load(Partition("orders", 0), after: 65, most: 1).count == 1)
        }
    }
}
