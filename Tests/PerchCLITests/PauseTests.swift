import Foundation
import LocalServers
import Perch
import PerchDocuments
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Groups that are paused and go on, on real servers.
@Suite(.serialized) struct PauseTests {
    @Test func aPausedGroupDoesNothingUntilItIsResumed() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(8)
                try await shop.isProcessed(8)
                #expect(try await shop.pauses.pause("shipping", "orders", by: "ann") == 4)
                #expect(try await shop.pauses.pause("shipping", by: "ann") == 0, "paused already")
                try await shop.publish(8)
                // The heartbeat has seen the pause, and a while later still nobody has taken anything.
                try await eventually("the events wait") {
                    GroupLine.lines(of: try await shop.status.groups()[0])[0].lag == 8
                }
                try await shop.afterHeartbeats(4)
                #expect(try await shop.effects() == 8)
                let line = GroupLine.lines(of: try await shop.status.groups()[0])[0]
                #expect(line.state.words == "paused" && line.partitions.allSatisfy { $0.owner == nil })
                #expect(try await shop.pauses.resume("shipping", by: "ann") == 4)
                try await shop.isProcessed(16)
            }
            #expect(try await shop.operations() == ["ann pause shipping orders", "ann resume shipping"])
        }
    }

    @Test func aDryRunOfAPauseTellsWhatThereIsToPause() async throws {
        try await withShop { shop in
            func dry(_ arguments: String...) throws -> String {
                let result = try Tool.run(arguments + ["--dry-run"], environment: shop.environment())
                #expect(result.code == 0, "\(result)")
                return result.out
            }
            #expect(try dry("resume", "shipping") == "Nothing to do: shipping is not paused.\n")
            #expect(try dry("pause", "shipping") == "4 partitions of shipping would be paused.\n")
            #expect(try await shop.pauses.pause("shipping", "orders", by: "ann") == 4)
            #expect(try dry("pause", "shipping", "orders") == "Nothing to do: shipping on orders is paused already.\n")
            #expect(try dry("resume", "shipping") == "4 partitions of shipping would be resumed.\n")
            let restart = "4 partitions of orders in shipping would start again at the checkpoint.\n"
            #expect(try dry("replay", "shipping", "orders", "--pending") == restart)
            let document = try shop.perch("resume", "shipping", "--dry-run", "--json").json()
            #expect(document["partitions"] as? Int == 4 && document["is_done"] as? Bool == false)
            #expect(try await shop.operations() == ["ann pause shipping orders"])

            var environment = try shop.environment()
            environment["SHIPPING_DATABASE_URL"] = "postgresql://127.0.0.1:1/nowhere"
            for command in [["pause", "shipping"], ["replay", "shipping", "orders", "--pending"]] {
                let result = try Tool.run(command + ["--dry-run"], environment: environment)
                #expect(result.code == 2, "\(result)")
            }
        }
    }

    @Test func aPausedPartitionIsNobodysShare() async throws {
        try await withShop { shop in
            #expect(try await shop.pauses.pause("shipping", by: "ann") == 4, "also before any worker has ever started")
            try await shop.running {
                try await shop.publish(8)
                try await eventually("the worker lives") { try await shop.status.workers().workers.count == 1 }
                try await shop.afterHeartbeats(3)
                #expect(try await shop.effects() == 0)
                #expect(try await shop.status.workers().workers[0].partitions.isEmpty)
            }
        }
    }
}
