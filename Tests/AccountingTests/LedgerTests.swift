import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Accounting

@Suite struct LedgerTests {
    let ticket = UUID.v7()
    let ann = UUID.v7()
    let bob = UUID.v7()

    private func streams(_ fixture: AccountingFixture, users: [UUID]) throws -> TestStreams {
        var streams = TestStreams(contract: fixture.contract)
        for user in users {
            try streams.append(UserCreated(userID: user, role: .employee, name: "N", email: "n@x.org"))
        }
        return streams
    }

    @Test(arguments: Delivering.allCases)
    func assignmentsAreChargedAndTheLastAssigneeIsRewardedAllInOneBatch(_ mode: Delivering) throws {
        let fixture = try AccountingFixture(
            pricing: Pricing { _ in Price(commission: Money(cents: 1500), reward: Money(cents: 3000)) }
        )
        var streams = try streams(fixture, users: [ann, bob])
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann, title: "Mend the coop"))
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: bob))
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: bob))
        try streams.append(TicketClosed(ticketID: ticket))
        try fixture.deliver(streams, mode)
        #expect(try fixture.balance(ann) == -1500)
        #expect(try fixture.balance(bob) == 0)
        #expect(
            try fixture.texts("SELECT kind || amount || title FROM accounting.ledger ORDER BY entry_id")
                == ["commission-1500", "commission-1500", "commission-1500", "reward3000"].map { $0 + "Mend the coop" }
        )
        #expect(try fixture.brokenRules() == [])
    }

    @Test(arguments: Delivering.allCases)
    func thePriceIsPublishedOnceAtTheTimeOfItsCause(_ mode: Delivering) throws {
        let fixture = try AccountingFixture()
        var streams = try streams(fixture, users: [ann])
        let time: Timestamp = "2026-11-22T18:30:55.123Z"
        let created = try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann), time: time)
        streams.appendAgain(created)
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: ann))
        try fixture.deliver(streams, mode)
        let price = AccountingFixture.pricing.price(ticket)
        let published = try fixture.connection.query("SELECT type, key, time, data::text AS data FROM perch.outbox") {
            row in
            #expect(try row.decode("type", as: String.self) == "ticket_money_updated")
            #expect(try row.decode("key", as: String.self) == ticket.text)
            #expect(try row.decode("time", as: Timestamp.self) == time)
            let data = Array(try row.decode("data", as: String.self).utf8)
            #expect(fixture.contract.validate(data, type: "ticket_money_updated", version: 1).isEmpty)
            return try EventCoding.decode(TicketMoneyUpdated.self, from: data)
        }
        #expect(published == [TicketMoneyUpdated(ticketID: ticket, commission: price.commission, reward: price.reward)])
    }

    @Test func randomPricesLieInTheirRangesAndReachTheirEnds() {
        let prices = (0..<50_000).map { _ in Pricing.random.price(ticket) }
        #expect(prices.map(\.commission.cents).min() == 1000 && prices.map(\.commission.cents).max() == 2000)
        #expect(prices.map(\.reward.cents).min() == 2000 && prices.map(\.reward.cents).max() == 4000)
    }

    @Test func aTicketOfAnUnknownAssigneeWaitsAndWhatCameBeforeIsCommitted() throws {
        let fixture = try AccountingFixture()
        var streams = try streams(fixture, users: [ann])
        var other = UUID.v7()
        while fixture.contract.topic("tickets")?.partition(of: other.text)
            != fixture.contract.topic("tickets")?.partition(of: ticket.text)
        {
            other = UUID.v7()
        }
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        let waiting = try streams.append(TicketCreated(ticketID: other, assigneeID: bob))
        let users = try #require(streams.deliveries.first { $0.key.topic == "users" }).value
        let tickets = try #require(streams.deliveries.first { $0.key.topic == "tickets" }).value
        guard case .refused(let event, let error) = try fixture.harness.round([users, tickets]) else {
            Issue.record("the round was committed")
            return
        }
        #expect(event == waiting)
        #expect(error as? AwaitedFact == AwaitedFact(subject: .user, id: bob))
        #expect(try fixture.dump() == [])
        // The worker goes on with what is before the event.
        try fixture.harness.deliver(users + [tickets[0]])
        #expect(try fixture.balance(ann) == -AccountingFixture.pricing.price(ticket).commission.cents)
        // And has it again once its user has come.
        var later = TestStreams(contract: fixture.contract)
        try later.append(UserCreated(userID: bob, role: .employee))
        try fixture.harness.deliver(Array(later.deliveries.values.joined()) + [waiting])
        #expect(try fixture.balance(bob) == -AccountingFixture.pricing.price(other).commission.cents)
        #expect(try fixture.brokenRules() == [])
    }

    @Test func theCloseOfAnUnknownTicketWaits() throws {
        let fixture = try AccountingFixture()
        var streams = TestStreams(contract: fixture.contract)
        let closed = try streams.append(TicketClosed(ticketID: ticket))
        #expect(throws: AwaitedFact(subject: .ticket, id: ticket)) { try fixture.harness.deliver([closed]) }
        #expect(try fixture.dump() == [])
    }

    @Test(arguments: Delivering.allCases)
    func eventsThatContradictTheTicketMoveNoMoney(_ mode: Delivering) throws {
        let fixture = try AccountingFixture()
        var streams = try streams(fixture, users: [ann])
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        try streams.append(TicketClosed(ticketID: ticket))
        try streams.append(TicketClosed(ticketID: ticket))
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: ann))
        try fixture.deliver(streams, mode)
        #expect(try fixture.numbers("SELECT count(*) FROM accounting.ledger") == [2])
        #expect(
            try fixture.texts("SELECT type FROM accounting.contradictions ORDER BY type")
                == ["ticket_closed", "ticket_created", "ticket_reassigned"]
        )
        #expect(try fixture.brokenRules() == [])
    }

    @Test func anEventThatCannotBeReadIsADeadLetterAndTheRestOfTheBatchIsHandled() throws {
        let fixture = try AccountingFixture()
        var streams = try streams(fixture, users: [ann])
        let good = try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        var envelope = good.envelope
        envelope.id = .v7()
        envelope.data = Array(#"{"ticket_id":"none"}"#.utf8)
        let bad = Delivery(
            partition: good.partition,
            entryID: EntryID(milliseconds: 1, position: 2),
            envelope: envelope
        )
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()) + [bad])
        #expect(try fixture.numbers("SELECT count(*) FROM accounting.ledger") == [1])
        #expect(try fixture.texts("SELECT state FROM perch.failed_events") == ["dead"])
    }

    @Test func aBalanceThatWouldOverflowIsRefused() throws {
        let huge = Int64.max / 2 + 1
        let fixture = try AccountingFixture(
            pricing: Pricing { _ in Price(commission: Money(cents: huge), reward: Money(cents: 0)) }
        )
        var streams = try streams(fixture, users: [ann])
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: ann))
        let third = try streams.append(TicketReassigned(ticketID: ticket, assigneeID: ann))
        let all = Array(streams.deliveries.values.joined())
        #expect(throws: BalanceOverflow(user: ann)) { try fixture.harness.deliver(all) }
        #expect(try fixture.dump() == [])
        try fixture.harness.deliver(all.filter { $0 != third })
        #expect(try fixture.balance(ann) == .min)
    }

    @Test(arguments: Delivering.allCases)
    func theBusinessDayIsTheDayOfTheEventInTheTimeZone(_ mode: Delivering) throws {
        let zone = try #require(TimeZone(identifier: "Asia/Tokyo"))
        let fixture = try AccountingFixture(timeZone: zone)
        var streams = try streams(fixture, users: [ann])
        let late: Timestamp = "2026-11-22T14:59:59.999Z"
        let early: Timestamp = "2026-11-22T15:00:00.000Z"
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann), time: late)
        try streams.append(TicketClosed(ticketID: ticket), time: early)
        try fixture.deliver(streams, mode)
        #expect(
            try fixture.texts("SELECT business_day::text FROM reporting.ledger ORDER BY entry_id") == [
                "2026-11-22", "2026-11-23",
            ]
        )
    }

    @Test func theLedgerRefusesEveryChangeEvenByItsOwner() throws {
        let fixture = try AccountingFixture()
        for change: SQL in [
            "UPDATE accounting.ledger SET amount = 0", "DELETE FROM accounting.ledger", "TRUNCATE accounting.ledger",
        ] {
            #expect { try fixture.connection.execute(change) } throws: { error in
                (error as? PostgresError)?.sqlState == .insufficientPrivilege
            }
        }
    }
}
