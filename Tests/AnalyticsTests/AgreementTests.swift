import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting
@testable import Analytics

/// Accounting's ledger and analytics' sums, from the same events: they agree to the cent.
@Suite struct AgreementTests {
    private static let berlin = "Europe/Berlin"

    @Test(arguments: 1...8) func whatManagementEarnedOnADayIsTheSameInAccountingAndInAnalytics(_ run: UInt64) throws {
        let seed = drawSeed(run)
        var generator = SplitMix64(seed: seed)
        let zone = try #require(TimeZone(identifier: Self.berlin))
        let contract = try Contract.load()
        let history = try History(contract: contract, hasPrices: false, using: &generator)

        let accounting = try PostgresConnection(
            PostgresConfiguration(url: try LocalPostgres.shared().createDatabase())
        )
        try DatabasePreparation.run(
            connection: accounting,
            service: Accounting.service(timeZone: zone),
            contract: contract
        )
        let ledger = HandlerHarness(group: Accounting.consumerGroup(timeZone: zone), connection: accounting)
        let forAccounting = history.withRepeats.deliveries.filter { ["users", "tickets"].contains($0.key.topic) }
        try ledger.deliverAll(forAccounting, roundsOfUpTo: 30, using: &generator)

        // What accounting has published, beside what it has read.
        var prices = TestStreams(contract: contract)
        let published = try accounting.query(
            "SELECT event_id, time, data::text AS data FROM perch.outbox WHERE topic = 'ticket-money' ORDER BY sequence"
        ) { row in
            let data = Array(try row.decode("data", as: String.self).utf8)
            return (
                try EventCoding.decode(TicketMoneyUpdated.self, from: data),
                try row.decode("event_id", as: UUID.self), try row.decode("time", as: Timestamp.self)
            )
        }
        for (event, id, time) in published { try prices.append(event, id: id, time: time) }
        let analytics = try AnalyticsFixture(timeZone: zone)
        let all = forAccounting.merging(prices.deliveries) { $1 }
        try analytics.harness.deliverAll(all, roundsOfUpTo: 30, using: &generator)

        let booked = try accounting.query(
            """
            SELECT concat_ws(' ', day, commissions, rewards, commissions - rewards) FROM (
                SELECT (at AT TIME ZONE \(Self.berlin))::date AS day,
                    coalesce(-sum(amount) FILTER (WHERE kind = 'commission'), 0) AS commissions,
                    coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0) AS rewards
                FROM reporting.ledger WHERE kind IN ('commission', 'reward') GROUP BY 1
            ) AS d ORDER BY day
            """
        ) { try $0.decode(0, as: String.self) }
        #expect(try analytics.earnings() == booked, "seed \(seed)")
        #expect(!booked.isEmpty)
        let balances = try accounting.query("SELECT user_id || ' ' || balance FROM reporting.balances ORDER BY 1") {
            try $0.decode(0, as: String.self)
        }
        #expect(
            try analytics.texts("SELECT user_id || ' ' || balance FROM analytics.users ORDER BY 1") == balances,
            "seed \(seed)"
        )
    }

    @Test func daysOf23And25HoursBeginAndEndAtTheirOwnMidnights() throws {
        let zone = try #require(TimeZone(identifier: Self.berlin))
        let fixture = try AnalyticsFixture(timeZone: zone)
        var streams = TestStreams(contract: fixture.contract)
        let user = UUID.v7()
        try streams.append(UserCreated(userID: user, role: .employee))
        for (commission, time) in [
            (1, "2026-03-28T22:59:59.999Z"), (10, "2026-03-28T23:00:00.000Z"), (100, "2026-03-29T21:59:59.999Z"),
            (1_000, "2026-03-29T22:00:00.000Z"), (10_000, "2026-10-24T22:00:00.000Z"),
            (100_000, "2026-10-25T22:59:59.999Z"), (1_000_000, "2026-10-25T23:00:00.000Z"),
        ] {
            let ticket = UUID.v7()
            let time = try #require(Timestamp(time))
            try streams.append(TicketCreated(ticketID: ticket, assigneeID: user), time: time)
            // That the price is of another day means nothing.
            let price = TicketMoneyUpdated(
                ticketID: ticket,
                commission: Money(cents: Int64(commission)),
                reward: Money(cents: 1)
            )
            try streams.append(price, time: time + .seconds(90_000))
        }
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
        #expect(
            try fixture.earnings() == [
                "2026-03-28 1 0 1", "2026-03-29 110 0 110", "2026-03-30 1000 0 1000", "2026-10-25 110000 0 110000",
                "2026-10-26 1000000 0 1000000",
            ]
        )
    }
}
