import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Accounting

/// Random histories, fed in random interleavings and batches: always the same end.
@Suite struct InterleavingTests {
    @Test(arguments: 1...8) func theEndStateDependsNeitherOnInterleavingNorOnBatchesNorOnRepeats(_ run: UInt64) throws {
        let seed =
            ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...9999) * 8
            + run
        print("seed \(seed) (TEST_SEED=\(seed) repeats it)")
        var generator = SplitMix64(seed: seed)
        let contract = try Contract.load()
        let history = try History(contract: contract, using: &generator)

        // In the order of things: users first, one event a round.
        let plain = try AccountingFixture()
        for delivery in history.users + history.tickets { try plain.harness.deliver([delivery]) }
        let expected = try plain.state()
        #expect(try plain.brokenRules() == [], "seed \(seed)")

        let shuffled = try AccountingFixture()
        try shuffled.harness.deliverAll(
            history.withRepeats.deliveries,
            roundsOfUpTo: Int.random(in: 1...40, using: &generator),
            using: &generator
        )
        #expect(try shuffled.state() == expected, "seed \(seed)")
        #expect(try shuffled.brokenRules() == [], "seed \(seed)")

        // A replay from the beginning changes no row and publishes nothing.
        let before = try shuffled.dump()
        try shuffled.harness.deliverAll(
            history.withRepeats.deliveries,
            roundsOfUpTo: Int.random(in: 1...40, using: &generator),
            using: &generator
        )
        #expect(try shuffled.dump() == before, "seed \(seed)")
    }

    @Test func workersWhosePartitionsShareAccountsNeverDeadlock() async throws {
        let fixture = try AccountingFixture()
        var streams = TestStreams(contract: fixture.contract)
        let people = (0..<8).map { _ in UUID.v7() }
        for person in people { try streams.append(UserCreated(userID: person, role: .employee)) }
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
        for index in 0..<2_000 {
            let ticket = UUID.v7()
            try streams.append(TicketCreated(ticketID: ticket, assigneeID: people[index % 8]))
            try streams.append(TicketReassigned(ticketID: ticket, assigneeID: people[index / 8 % 8]))
            try streams.append(TicketClosed(ticketID: ticket))
        }
        let url = fixture.url
        await withThrowingTaskGroup(of: Void.self) { workers in
            for (partition, deliveries) in streams.deliveries where partition.topic == "tickets" {
                workers.addTask {
                    let connection = try PostgresConnection(PostgresConfiguration(url: url))
                    let group = Accounting.consumerGroup(pricing: AccountingFixture.pricing)
                    let harness = HandlerHarness(group: group, connection: connection)
                    for start in stride(from: 0, to: deliveries.count, by: 50) {
                        try harness.deliver(Array(deliveries[start..<min(start + 50, deliveries.count)]))
                    }
                }
            }
            await #expect(throws: Never.self) { try await workers.waitForAll() }
        }
        #expect(try fixture.numbers("SELECT count(*) FROM accounting.ledger") == [6_000])
        #expect(try fixture.brokenRules() == [])
    }

    @Test func ticketsThatComeLongBeforeTheirUsersWaitForThem() throws {
        var generator = SplitMix64(seed: 7)
        let fixture = try AccountingFixture()
        let history = try History(contract: fixture.contract, using: &generator)
        let tickets = Dictionary(grouping: history.tickets, by: \.partition)
        // No user is known: nothing goes through, whatever is tried.
        #expect(throws: AwaitedFact.self) {
            try fixture.harness.deliverAll(tickets, roundsOfUpTo: 10, using: &generator)
        }
        #expect(try fixture.dump() == [])
        let all = tickets.merging(Dictionary(grouping: history.users, by: \.partition)) { $1 }
        let waits = try fixture.harness.deliverAll(all, roundsOfUpTo: 5, using: &generator)
        #expect(waits > 0)
        #expect(try fixture.numbers("SELECT count(*) FROM accounting.ledger") == [Int64(history.tickets.count)])
        #expect(try fixture.brokenRules() == [])
    }
}

/// A random life of some users and tickets, versions 1 and 2 mixed.
private struct History {
    private(set) var users: [Delivery] = []
    private(set) var tickets: [Delivery] = []
    /// The same with every event delivered at least twice: as a second entry right away or some time later.
    private(set) var withRepeats: TestStreams

    init(contract: Contract, using generator: inout SplitMix64) throws {
        var streams = TestStreams(contract: contract)
        var clock = Timestamp(milliseconds: 1_795_000_000_000)
        let people = (0..<Int.random(in: 1...12, using: &generator)).map { _ in UUID.random(using: &generator) }
        for (index, person) in people.enumerated() {
            let named = Bool.random(using: &generator)
            let event = UserCreated(
                userID: person,
                role: .employee,
                name: named ? "User \(index)" : nil,
                email: named ? "u\(index)@x.org" : nil
            )
            users.append(try streams.append(event, id: .random(using: &generator), time: clock))
        }
        var open: [UUID] = []
        for step in 0..<Int.random(in: 20...250, using: &generator) {
            clock = clock + .milliseconds(Int.random(in: 1...3_600_000, using: &generator))
            let assignee = people[Int.random(in: people.indices, using: &generator)]
            let id = UUID.random(using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                let ticket = UUID.random(using: &generator)
                open.append(ticket)
                let event = TicketCreated(
                    ticketID: ticket,
                    assigneeID: assignee,
                    title: Bool.random(using: &generator) ? "Ticket \(step)" : nil
                )
                tickets.append(try streams.append(event, id: id, time: clock))
            case 2, 3:
                guard let ticket = open.randomElement(using: &generator) else { continue }
                tickets.append(
                    try streams.append(TicketReassigned(ticketID: ticket, assigneeID: assignee), id: id, time: clock)
                )
            default:
                guard let index = open.indices.randomElement(using: &generator) else { continue }
                tickets.append(try streams.append(TicketClosed(ticketID: open.remove(at: index)), id: id, time: clock))
            }
        }
        withRepeats = TestStreams(contract: contract)
        for deliveries in streams.deliveries.sorted(by: { $0.key < $1.key }).map(\.value) {
            var later: [Delivery] = []
            for delivery in deliveries {
                withRepeats.appendAgain(delivery)
                if Bool.random(using: &generator) { withRepeats.appendAgain(delivery) } else { later.append(delivery) }
                if !later.isEmpty, Bool.random(using: &generator) {
                    withRepeats.appendAgain(later.remove(at: Int.random(in: later.indices, using: &generator)))
                }
            }
            for delivery in later { withRepeats.appendAgain(delivery) }
        }
    }
}

extension UUID {
    fileprivate static func random(using generator: inout SplitMix64) -> UUID {
        let bytes = [generator.next(), generator.next()]
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
