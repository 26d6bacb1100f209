import Foundation
import LocalServers
import Perch
import PerchDocuments
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// What topics, groups and workers tell of themselves, on real servers.
@Suite(.serialized) struct TopicsAndGroupsTests {
    @Test func statusTellsOfTopicsGroupsAndWorkersInOneAnswer() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(20)
                try await shop.isProcessed(20)
                let topic = try #require(try await shop.status.topics().first)
                #expect(topic.events == 20 && topic.length == 20 && topic.missing == 0 && topic.problems.isEmpty)
                #expect(topic.partitions.allSatisfy { $0.published == $0.last?.position })
                let group = try #require(try await shop.status.groups().first)
                #expect(group.status.partitions.allSatisfy { $0.isPaused == false && $0.owner != nil })
                #expect(group.subscriptions["orders"]?.isIdempotent == true)
                let worker = try #require(group.workers?.first)
                #expect(worker.isLive && worker.partitions.count == 4)
                #expect(GroupLine.lines(of: group).map(\.state.words) == ["running"])
                // A rate is of the last minute, which a busy machine may need for all this.
                try await eventually("a rate is told") {
                    try await shop.publish(1)
                    return try await shop.status.topics().first?.rate ?? 0 > 0
                }
            }
            #expect(GroupLine.lines(of: try await shop.status.groups()[0]).map(\.state.words) == ["nobody runs it"])
        }
    }

    @Test func lagIsRightAfterATrimWhereRedisKnowsNone() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
            }
            try await shop.relaying {
                try await shop.publish(40)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].events == 80 }
            }
            for number in 0..<4 {
                try shop.system.redis.cli("XTRIM", "orders:\(number)", "MAXLEN", "1")
            }
            let line = GroupLine.lines(of: try await shop.status.groups()[0])[0]
            #expect(line.lag == 40)
        }
    }

    @Test func pendingIsSummedAndListedWithinBounds() async throws {
        try await withShop { shop in
            try await shop.relaying {
                try await shop.publish(50)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].events == 50 }
            }
            for number in 0..<4 {
                try shop.system.redis.cli("XGROUP", "CREATE", "orders:\(number)", "shipping", "0")
                try shop.system.redis.cli(
                    "XREADGROUP",
                    "GROUP",
                    "shipping",
                    "worker-1",
                    "STREAMS",
                    "orders:\(number)",
                    ">"
                )
            }
            let (partitions, problems) = try await shop.status.pending(of: "shipping", limit: 2)
            #expect(problems.isEmpty && partitions.reduce(0) { $0 + $1.count } == 50)
            #expect(partitions.allSatisfy { $0.entries.count == min(2, Int($0.count)) })
            #expect(Set(partitions.flatMap(\.consumers).map(\.name)) == ["worker-1"])
        }
    }
}
