import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Analytics

/// Random histories, fed in random interleavings and batches: always the same end.
@Suite struct InterleavingTests {
    @Test(arguments: 1...8) func theEndStateDependsNeitherOnInterleavingNorOnBatchesNorOnRepeats(_ run: UInt64) throws {
        let seed = drawSeed(run)
        var generator = SplitMix64(seed: seed)
        let history = try History(contract: try Contract.load(), using: &generator)

        // In the order of things, one event a round.
        let plain = try AnalyticsFixture()
        for delivery in history.users + history.prices + history.tickets + history.wages {
            try plain.harness.deliver([delivery])
        }
        let expected = try plain.dump()
        #expect(try plain.brokenRules() == [], "seed \(seed)")
        #expect(try plain.numbers("SELECT count(*) FROM analytics.movements WHERE amount IS NULL") == [0])

        let shuffled = try AnalyticsFixture()
        let waits = try shuffled.harness.deliverAll(
            history.withRepeats.deliveries,
            roundsOfUpTo: Int.random(in: 1...40, using: &generator),
            using: &generator
        )
        #expect(waits == 0, "no event is failed because it came early")
        #expect(try shuffled.dump() == expected, "seed \(seed)")
        #expect(try shuffled.brokenRules() == [], "seed \(seed)")

        // A replay from the beginning changes no row.
        try shuffled.harness.deliverAll(
            history.withRepeats.deliveries,
            roundsOfUpTo: Int.random(in: 1...40, using: &generator),
            using: &generator
        )
        #expect(try shuffled.dump() == expected, "seed \(seed)")
    }

    /// One topic is read to its end before the next has begun, in every order of the four.
    @Test(arguments: orders()) func aTopicMayComeLongBeforeAnother(_ order: [History.Kind]) throws {
        var generator = SplitMix64(seed: 11)
        let history = try History(contract: try Contract.load(), using: &generator)
        let fixture = try AnalyticsFixture()
        for kind in order {
            switch kind {
            case .users: try fixture.harness.deliver(history.users)
            case .tickets: try fixture.harness.deliver(history.tickets)
            case .prices: try fixture.harness.deliver(history.prices)
            case .wages: try fixture.harness.deliver(history.wages)
            }
            #expect(try fixture.brokenRules() == [], "after \(kind)")
        }
        let usual = try AnalyticsFixture()
        try usual.harness.deliver(history.users + history.prices + history.tickets + history.wages)
        #expect(try fixture.dump() == usual.dump())
    }

    @Test func workersOfAllTopicsNeverDeadlock() async throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let people = (0..<8).map { _ in UUID.v7() }
        for person in people { try streams.append(UserCreated(userID: person, role: .employee)) }
        for index in 0..<2_000 {
            let ticket = UUID.v7()
            try streams.append(TicketCreated(ticketID: ticket, assigneeID: people[index % 8]))
            try streams.append(
                TicketMoneyUpdated(ticketID: ticket, commission: Money(cents: 1000), reward: Money(cents: 2500))
            )
            try streams.append(TicketReassigned(ticketID: ticket, assigneeID: people[index / 8 % 8]))
            try streams.append(TicketClosed(ticketID: ticket))
            try streams.append(UserWagePaid(userID: people[index % 8], amount: Money(cents: 1)))
        }
        // Four workers that share the twelve partitions, several of them in each round.
        let partitions = streams.deliveries.sorted { $0.key < $1.key }.map(\.value)
        let url = fixture.url
        await withThrowingTaskGroup(of: Void.self) { workers in
            for worker in 0..<4 {
                let own = stride(from: worker, to: partitions.count, by: 4).map { partitions[$0] }
                workers.addTask {
                    let connection = try PostgresConnection(PostgresConfiguration(url: url))
                    let harness = HandlerHarness(group: Analytics.consumerGroup(), connection: connection)
                    for start in stride(from: 0, to: own.map(\.count).max() ?? 0, by: 50) {
                        try harness.deliver(own.flatMap { $0.dropFirst(start).prefix(50) })
                    }
                }
            }
            await #expect(throws: Never.self) { try await workers.waitForAll() }
        }
        #expect(try fixture.numbers("SELECT sum(commissions)::bigint FROM analytics.earnings") == [4_000_000])
        #expect(try fixture.numbers("SELECT sum(rewards)::bigint FROM analytics.earnings") == [5_000_000])
        #expect(try fixture.numbers("SELECT sum(count)::bigint FROM analytics.wages") == [2_000])
        #expect(try fixture.brokenRules() == [])
    }

    private static func orders() -> [[History.Kind]] {
        func orders(of kinds: [History.Kind]) -> [[History.Kind]] {
            guard kinds.count > 1 else { return [kinds] }
            return kinds.flatMap { first in orders(of: kinds.filter { $0 != first }).map { [first] + $0 } }
        }
        return orders(of: History.Kind.allCases)
    }
}
