import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

/// Events of before a change of partitions are read again: in order, or not at all.
@Suite(.serialized) struct PartitionReplayTests {
    private func rewind(_ system: PartitionSystem, _ partitions: Int) throws -> GroupRewind {
        try GroupRewind(
            group: PartitionSystem.group,
            contract: PartitionSystem.contract(partitions),
            configuration: .init(
                redis: try RedisConfiguration(url: system.redis.url),
                postgres: try PostgresConfiguration(url: system.shippingURL)
            )
        )
    }

    /// 4 to 8 to 16: a key may have moved twice, and nothing of it needs to lie in the layout between. With the contract of
    /// before the changes too, for a rewind goes by the database.
    @Test(arguments: [4, 16])
    func afterAChangeToAMultipleAGroupIsBuiltAnewInOrder(contract: Int) async throws {
        try await withPartitionSystem(4) { system in
            try await system.running(4, workers: 3) {
                try await system.publish(0..<40)
                try await eventually("all took effect") { try await system.effectCount() == 960 }
                try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
                try await system.changes(4).repartition("orders", to: 16, by: PartitionSystem.name)
                try await system.publish(40..<80)
                try await eventually("all took effect") { try await system.effectCount() == 1920 }
                for _ in 0..<3 {
                    let rewind = try rewind(system, contract)
                    #expect(try await rewind.start(by: PartitionSystem.name).total == 1920)
                    try await eventually("all is replayed") { try await rewind.progress().isDone }
                    #expect(try await system.effects() == all(80))
                }
            }
        }
    }

    @Test(arguments: [(8, 4), (4, 6)])
    func afterAnyOtherChangeItIsRefused(before: Int, after: Int) async throws {
        try await withPartitionSystem(before) { system in
            try await system.running(before) {
                try await system.publish(0..<10)
                try await eventually("all took effect") { try await system.effectCount() == 240 }
                try await system.changes(before).repartition("orders", to: after, by: PartitionSystem.name)
                try await system.publish(10..<12)
                try await eventually("all took effect") { try await system.effectCount() == 288 }
                let rewind = try rewind(system, after)
                let refused = await #expect(throws: ReachesBeforeChange.self) {
                    try await rewind.start(by: PartitionSystem.name)
                }
                #expect(refused?.before == before && refused?.after == after)
                let replay = await #expect(throws: OperationRefused.self) {
                    try await Replays(system.operated(after)).plan("shipping", "orders", from: .beginning)
                }
                #expect(replay?.reason.contains("went from \(before) to \(after) partitions") == true)
            }
            #expect(try await system.effects() == all(12))
        }
    }

    @Test func aReplayAcrossAChangeTakesTheWholeTopic() async throws {
        try await withPartitionSystem(4) { system in
            try await system.running(4) {
                try await system.publish(0..<20)
                try await eventually("all took effect") { try await system.effectCount() == 480 }
                try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
                try await system.publish(20..<40)
                try await eventually("all took effect") { try await system.effectCount() == 960 }
                // The contract of before the change would leave out the new partitions.
                let old = await #expect(throws: OperationRefused.self) {
                    try await Replays(system.operated(4)).plan("shipping", "orders", from: .beginning)
                }
                #expect(old?.advice == .setPartitionsInContract(8, "orders"))
                let replays = Replays(try system.operated(8))
                let number = PartitionNumber(key: PartitionSystem.movingKey, of: 4)
                let part = await #expect(throws: OperationRefused.self) {
                    try await replays.plan("shipping", "orders", from: .beginning, only: number)
                }
                #expect(part?.advice == .replayWholeTopic)
                // A key's old events lie in another partition than its new ones.
                let selection = ReplaySelection(from: .beginning, key: PartitionSystem.movingKey)
                let chosen = await #expect(throws: OperationRefused.self) {
                    try await replays.plan("shipping", "orders", selecting: selection)
                }
                #expect(chosen?.reason.contains("keys have moved") == true)
                try await system.shipping.execute("TRUNCATE effects")
                try await replays.replay(
                    try await replays.plan("shipping", "orders", from: .beginning),
                    by: PartitionSystem.name
                )
                try await eventually("all took effect again") { try await system.effectCount() >= 960 }
                #expect(try await system.effects() == all(40))
            }
        }
    }

    /// A group that is new, and is told of the change before its workers start.
    @Test func aGroupThatIsAddedAfterwardsReadsInOrder() async throws {
        try await withPartitionSystem(4) { system in
            let relay = try system.publishing(4).relay(owner: "shop")
            let relaying = Task { try await relay.run() }
            // Nobody has read anything, and nothing needs to be read first where the number is a multiple.
            try await system.changes(4).repartition("orders", to: 8, by: PartitionSystem.name)
            try await system.publish(0..<40)
            try await eventually("all have positions") {
                try await system.number("SELECT count(*) AS n FROM perch.log", system.shop) == 960
            }
            relaying.cancel()
            try await relaying.value
            // As if the events were of before: the layout ended behind them, and their keys went on in another partition.
            try await system.shop.execute("DELETE FROM perch.layouts")
            try await system.shop.execute(
                """
                INSERT INTO perch.layouts (topic, generation, partitions, next_partitions, ends)
                SELECT 'orders', 1, 8, 16, array_agg(last_position ORDER BY partition) FROM perch.partitions
                """
            )
            try await system.shop.execute("UPDATE perch.topics SET partitions = 16")
            try await system.shop.execute(
                "INSERT INTO perch.partitions (topic, partition) SELECT 'orders', generate_series(8, 15)"
            )
            try await system.shipping.execute("TRUNCATE perch.layouts, perch.leases, perch.checkpoints")
            try await system.changes(16).repartition("orders", to: 16, by: PartitionSystem.name)
            #expect(try await system.number("SELECT count(*) AS n FROM perch.layouts", system.shipping) == 1)
            try await system.publish(40..<60)
            try await system.running(16, workers: 3) {
                try await eventually("all took effect") { try await system.effectCount() >= 1440 }
            }
            #expect(try await system.effects() == all(60))
        }
    }

    private func all(_ count: Int) -> [String: [Int]] {
        PartitionSystem.all(Dictionary(uniqueKeysWithValues: PartitionSystem.keys.map { ($0, count) }))
    }
}
