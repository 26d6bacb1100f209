import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Analytics

@Suite struct ReadModelTests {
    let ticket = UUID.v7()
    let ann = UUID.v7()
    let bob = UUID.v7()

    private func price(_ commission: Int64, _ reward: Int64) -> TicketMoneyUpdated {
        TicketMoneyUpdated(ticketID: ticket, commission: Money(cents: commission), reward: Money(cents: reward))
    }

    private func deliver(_ streams: TestStreams, to fixture: AnalyticsFixture) throws {
        try fixture.harness.deliver(streams.deliveries.sorted { $0.key < $1.key }.flatMap(\.value))
    }

    @Test func aWholeLifeOfATicketThatComesBeforeItsPriceIsCountedWhenThePriceComes() throws {
        let fixture = try AnalyticsFixture()
        let day = try #require(Timestamp("2026-11-22T12:00:00.000Z"))
        var streams = TestStreams(contract: fixture.contract)
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann), time: day)
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: bob), time: day)
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: bob), time: day + .seconds(86_400))
        try streams.append(TicketClosed(ticketID: ticket), time: day + .seconds(86_400))
        try deliver(streams, to: fixture)
        #expect(try fixture.earnings() == [])
        #expect(try fixture.numbers("SELECT count(*) FROM analytics.movements") == [4])
        var prices = TestStreams(contract: fixture.contract)
        try prices.append(price(1500, 3100))
        try deliver(prices, to: fixture)
        #expect(try fixture.earnings() == ["2026-11-22 3000 0 3000", "2026-11-23 1500 3100 -1600"])
        #expect(try fixture.balance(ann) == -1500)
        #expect(try fixture.balance(bob) == 100)
    }

    @Test func eventsThatContradictTheTicketCountNothing() throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let other = UUID.v7()
        try streams.append(price(1500, 3000))
        try streams.append(price(1, 1))
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: bob))
        try streams.append(TicketClosed(ticketID: ticket))
        try streams.append(TicketClosed(ticketID: ticket))
        try streams.append(TicketReassigned(ticketID: ticket, assigneeID: bob))
        let early = try streams.append(TicketReassigned(ticketID: other, assigneeID: bob))
        try streams.append(TicketCreated(ticketID: other, assigneeID: ann))
        streams.appendAgain(early)
        try deliver(streams, to: fixture)
        #expect(try fixture.balance(ann) == 1500)
        #expect(try fixture.balance(bob) == nil)
        #expect(
            try fixture.texts("SELECT type || ': ' || reason FROM analytics.contradictions ORDER BY 1") == [
                "ticket_closed: the ticket was closed before", "ticket_created: the ticket was created before",
                "ticket_money_updated: the ticket was priced before",
                "ticket_reassigned: the ticket was closed before", "ticket_reassigned: the ticket was not created",
            ]
        )
        let before = try fixture.dump()
        try deliver(streams, to: fixture)
        #expect(try fixture.dump() == before)
    }

    @Test func anEventThatCannotBeReadIsADeadLetterAndTheRestOfTheBatchIsCounted() throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        try streams.append(price(1500, 3000))
        let good = try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann))
        let all = Array(streams.deliveries.values.joined())
        let broken = all.map { delivery in
            var envelope = delivery.envelope
            envelope.id = .v7()
            envelope.data = Array(#"{"ticket_id":"none"}"#.utf8)
            let id = EntryID(milliseconds: good.entryID.milliseconds + 1, position: delivery.entryID.position + 1)
            return Delivery(partition: delivery.partition, entryID: id, envelope: envelope)
        }
        try fixture.harness.deliver(all + broken)
        #expect(try fixture.balance(ann) == -1500)
        #expect(try fixture.texts("SELECT state FROM perch.failed_events") == ["dead", "dead"])
    }

    @Test func anotherTimeZoneIsRefusedUntilAllIsCountedAnew() throws {
        let tokyo = try #require(TimeZone(identifier: "Asia/Tokyo"))
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let late = try #require(Timestamp("2026-11-22T15:00:00.000Z"))
        try streams.append(price(1000, 2000))
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: ann), time: late)
        try deliver(streams, to: fixture)
        #expect(try fixture.earnings() == ["2026-11-22 1000 0 1000"])
        let before = try fixture.dump()

        let changed = HandlerHarness(group: Analytics.consumerGroup(timeZone: tokyo), connection: fixture.connection)
        let all = streams.deliveries.flatMap(\.value)
        #expect(throws: OtherTimeZone(found: "GMT", wanted: "Asia/Tokyo")) { try changed.deliver(all) }
        #expect(try fixture.dump() == before)

        try fixture.connection.transaction { tx in try ReadModel(timeZone: tokyo).empty(in: tx) }
        // A worker that still has the old setting cannot mix its days in.
        #expect(throws: OtherTimeZone(found: "Asia/Tokyo", wanted: "GMT")) { try fixture.harness.deliver(all) }
        try changed.deliver(all)
        #expect(try fixture.earnings() == ["2026-11-23 1000 0 1000"])
    }
}
