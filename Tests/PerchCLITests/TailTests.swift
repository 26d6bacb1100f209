import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Topics that are followed live, on real servers.
@Suite(.serialized) struct TailTests {
    @Test func aTailShowsWhatComesAndMovesNoGroup() async throws {
        try await withShop { shop in
            let system = try shop.connections()
            let live = TopicTail(system, topic: Samples.orders, from: .end)
            let late = TopicTail(system, topic: Samples.orders, from: .end)
            for tail in [live, late] { #expect(try await tail.next(within: .milliseconds(1)).isEmpty) }
            try await shop.relaying {
                try await shop.publish(12)
                var seen: [TopicTail.Entry] = []
                try await eventually("all came") {
                    seen += try await live.next()
                    return seen.count >= 12
                }
                #expect(seen.compactMap(\.envelope).count == 12)
                #expect(try await late.skipToEnd() == 12, "what was passed is counted by the ids")
                #expect(try await late.next(within: .milliseconds(1)).isEmpty)
                let again = TopicTail(system, topic: Samples.orders, from: .beginning)
                var count = 0
                try await eventually("all are read again") {
                    count += try await again.next(limit: 2).count
                    return count == 12
                }
            }
            #expect(try await shop.status.groups()[0].status.partitions.allSatisfy { $0.pending == nil })
        }
    }

    @Test func anIdThatIsTooGreatIsShownOnceAndAPlacePastTheEndIsTheEnd() async throws {
        try await withShop { shop in
            let system = try shop.connections()
            _ = try shop.system.redis.cli("XADD", "orders:0", "1-18446744073709551615", "a", "b")
            let tail = TopicTail(system, topic: Samples.orders, from: .beginning)
            #expect(try await tail.next(within: .milliseconds(1)).count == 1)
            #expect(try await tail.next(within: .milliseconds(1)).isEmpty)
            let future = EntryID(milliseconds: .max, position: 0)
            let later = TopicTail(system, topic: Samples.orders, from: .entry(future))
            #expect(try await later.next(within: .milliseconds(1)).isEmpty)
            _ = try shop.system.redis.cli("XADD", "orders:1", "2-1", "a", "b")
            #expect(try await later.next(within: .milliseconds(1)).count == 1)
        }
    }
}
