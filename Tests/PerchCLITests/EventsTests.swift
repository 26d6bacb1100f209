import Foundation
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// Events of a partition, backwards, on real servers.
@Suite(.serialized) struct EventsTests {
    /// All pages, one after the other.
    private func all(_ partition: Partition, _ limit: Int, _ shop: Shop) async throws -> [Int64] {
        var found: [Int64] = []
        var page = try await EventPages(shop.operated).page(of: partition, limit: limit)
        while true {
            #expect(page.problems.isEmpty && page.events.count <= limit)
            found += page.events.compactMap(\.entryID?.position)
            guard !page.isAtBeginning, let place = page.lookedBackTo else { return found }
            page = try await EventPages(shop.operated).page(of: partition, before: place, limit: limit)
        }
    }

    @Test func pagesLeafBackThroughTheStreamAndThenThroughTheLogWithoutAGap() async throws {
        try await withShop { shop in
            let partition = Samples.orders.partition(of: "a")
            try await shop.relaying {
                try await shop.publish((1...40).map { OrderCounted(order: "a", count: $0) })
                try await eventually("all are in the stream") { try await shop.status.topics()[0].waiting == 0 }
                try await eventually("and told") {
                    try await EventPages(shop.operated).page(of: partition, limit: 1).events.first?.entryID?.position
                        == 40
                }
            }
            // The stream has only the last ones; somebody has added an entry of their own.
            try shop.commands { channel, naming in
                try channel.execute(RedisCommand("XTRIM", naming.key(partition), "MAXLEN", "15"))
                try channel.execute(RedisCommand("XADD", naming.key(partition), "*", "greeting", "hello"))
            }
            for limit in [1, 7, 40, 100] {
                #expect(try await all(partition, limit, shop) == Array((1...40).reversed()), "pages of \(limit)")
            }
            var filter = EventPages.Filter()
            filter.type = "order_removed"
            let none = try await EventPages(shop.operated).page(of: partition, filter: filter)
            #expect(none.events.isEmpty && none.foreign == 1 && none.lookedAt == 41 && none.isAtBeginning)

            let listed = try shop.perch("events", "orders", "--key", "a", "--limit", "3", "--json").json()
            let events = try #require(listed["events"] as? [[String: Any]])
            #expect(events.compactMap { ($0["data"] as? [String: Any])?["count"] as? Int } == [40, 39, 38])
            let text = try shop.perch("events", partition.description, "--limit", "3")
            #expect(text.out.contains("back to") && text.out.contains("3 events; 1 foreign entry"), "\(text)")
            let which = try shop.perch("events", "orders")
            #expect(which.code == 64 && which.error.contains("which partition of orders?"), "\(which)")
        }
    }

    /// What is asked for of all partitions together is what each tells by itself.
    @Test func partitionsThatAreLookedAtTogetherTellWhatEachTells() async throws {
        try await withShop { shop in
            try await shop.relaying {
                try await shop.publish(240)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].waiting == 0 }
            }
            // Of one all are in its stream, of one the last, of one none; in one lies an entry of somebody's, the newest.
            try shop.commands { channel, naming in
                try channel.execute(RedisCommand("XTRIM", naming.key(Partition("orders", 1)), "MAXLEN", "5"))
                try channel.execute(RedisCommand("DEL", naming.key(Partition("orders", 2))))
                try channel.execute(RedisCommand("XADD", naming.key(Partition("orders", 3)), "*", "greeting", "hello"))
            }
            let numbers = (0..<4).map { PartitionNumber(rawValue: $0) }
            let pages = EventPages(shop.operated)
            var filter = EventPages.Filter()
            filter.key = "order-3"
            let middle = try #require(
                try await pages.page(of: Partition("orders", 1), limit: 9).events.last?.entryID
            )
            for (before, limit, filter) in [
                (nil, 50, .init()), (nil, 3, .init()), (middle, 4, .init()), (middle, 50, filter), (nil, 1, filter),
            ] as [(EntryID?, Int, EventPages.Filter)] {
                let together = try await pages.pages(
                    of: "orders",
                    numbers,
                    before: before,
                    limit: limit,
                    filter: filter
                )
                #expect(together.count == 4)
                for (number, page) in zip(numbers, together) {
                    let alone = try await pages.page(
                        of: Partition("orders", number),
                        before: before,
                        limit: limit,
                        filter: filter
                    )
                    #expect(page.events.map(\.entryID) == alone.events.map(\.entryID), "\(number)")
                    #expect(page.lookedAt == alone.lookedAt && page.lookedBackTo == alone.lookedBackTo)
                    #expect(page.foreign == alone.foreign && page.isAtBeginning == alone.isAtBeginning)
                }
            }
            let whole = try await pages.pages(of: "orders", numbers, limit: 1000)
            #expect(whole.reduce(0) { $0 + $1.events.count } == 240 && whole.allSatisfy(\.isAtBeginning))
            let hurried = try await pages.pages(of: "orders", numbers, limit: 1, filter: filter, patience: .zero)
            #expect(hurried.count == 4, "the first look is made whatever it takes")
        }
    }

    @Test func whereRedisIsAwayTheLogTellsEventsAndLag() async throws {
        try await withShop { shop in
            let partition = Samples.orders.partition(of: "a")
            try await shop.running {
                try await shop.publish((1...5).map { OrderCounted(order: "a", count: $0) })
                try await shop.isProcessed(5)
            }
            try await shop.relaying {
                try await shop.publish((6...8).map { OrderCounted(order: "a", count: $0) })
                try await eventually("all are in the stream") {
                    let seen = try await shop.status.groups().first?.status.partitions.first {
                        $0.partition == partition
                    }
                    return seen?.lag == 3 && seen?.isLagFromLog == false
                }
            }
            var connections = try shop.connections()
            connections.redis = try RedisConfiguration(url: "redis://127.0.0.1:1")
            let blind = OperatedSystem(connections)
            let page = try await EventPages(blind).page(of: partition)
            #expect(page.events.compactMap(\.entryID?.position) == Array((1...8).reversed()))
            #expect(page.problems.map(\.server) == ["Redis"] && page.isAtBeginning)
            let status = try #require(try await SystemStatus(blind).groups().first?.status)
            let behind = try #require(status.partitions.first { $0.partition == partition })
            #expect(behind.lag == 3 && behind.isLagFromLog && behind.lastEntry == nil)
            #expect(status.problems.map(\.server) == ["Redis"])
            let table = GroupsTable.text(try await SystemStatus(blind).groups(), Screen(width: nil))
            #expect(table.text.contains("LAG is by the owners' databases"), "\(table)")
        }
    }
}

extension Shop {
    /// Commands that somebody types.
    func commands(_ body: (any RedisChannel, StreamNaming) throws -> Void) throws {
        try body(try RedisConfiguration(url: redisURL).channel(), StreamNaming())
    }
}
