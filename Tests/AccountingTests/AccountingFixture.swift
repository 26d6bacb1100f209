import Foundation
import LocalServers
import Logging
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting

/// Accounting on a database of its own, prepared as its migrations do.
struct AccountingFixture {
    let url: String
    let connection: PostgresConnection
    let harness: HandlerHarness
    let contract: Contract

    /// Prices that follow from the ticket alone, so that different runs give the same end state.
    static let pricing = Pricing { ticket in
        let bytes = ticket.uuid
        return Price(
            commission: Money(cents: 1000 + Int64(bytes.14) * 3),
            reward: Money(cents: 2000 + Int64(bytes.15) * 7)
        )
    }

    init(pricing: Pricing = Self.pricing, timeZone: TimeZone = .gmt, mail: MailOutlet? = nil) throws {
        contract = try Contract.load()
        url = try LocalPostgres.shared().createDatabase()
        connection = try PostgresConnection(PostgresConfiguration(url: url))
        try DatabasePreparation.run(connection: connection, service: Accounting.service, contract: contract)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let group = Accounting.consumerGroup(pricing: pricing, timeZone: timeZone, mail: mail, logger: logger)
        harness = HandlerHarness(group: group, connection: connection)
    }

    /// A pool of connections to it; each call makes another one.
    var database: Database {
        get throws { Database(try PostgresConfiguration(url: url), size: 2, acquireTimeout: .seconds(3600)) }
    }

    /// As the service's own role: what is not granted to it fails.
    func grantToNewRole() throws -> String {
        let role = "app \(UInt64.random(in: .min ... .max))"
        let server = try LocalPostgres.shared()
        try server.psql("CREATE ROLE \"\(role)\" LOGIN")
        try DatabasePreparation.run(
            connection: connection,
            service: Accounting.service,
            contract: contract,
            appRole: role
        )
        return server.url(database: String(url.split(separator: "/").last ?? ""), user: role)
    }

    /// Delivers all of it in one round, as the mode says. What is replayed changes nothing.
    func deliver(_ streams: TestStreams, _ delivering: Delivering) throws {
        var streams = streams
        if delivering == .twice {
            for delivery in streams.deliveries.values.joined() { streams.appendAgain(delivery) }
        }
        try harness.deliver(Array(streams.deliveries.values.joined()))
        guard delivering == .replayed else { return }
        let before = try dump()
        try harness.deliver(Array(streams.deliveries.values.joined()))
        #expect(try dump() == before)
    }

    func numbers(_ sql: SQL) throws -> [Int64] {
        try connection.query(sql) { try $0.decode(0, as: Int64.self) }
    }

    func texts(_ sql: SQL) throws -> [String] {
        try connection.query(sql) { try $0.decode(0, as: String.self) }
    }

    func balance(_ user: UUID) throws -> Int64? {
        try numbers("SELECT balance FROM reporting.balances WHERE user_id = \(user)").first
    }

    /// Everything in every table of accounting, and what it has published: to the byte.
    func dump() throws -> [String] {
        try texts(
            """
            SELECT 'account ' || a::text FROM accounting.accounts a
            UNION ALL SELECT 'ticket ' || t::text FROM accounting.tickets t
            UNION ALL SELECT 'ledger ' || l::text FROM accounting.ledger l
            UNION ALL SELECT 'contradiction ' || c::text FROM accounting.contradictions c
            UNION ALL SELECT 'earnings ' || e::text FROM accounting.earnings e
            UNION ALL SELECT 'closed ' || d::text FROM accounting.closed_days d
            UNION ALL SELECT 'paid ' || d::text FROM accounting.paid_days d
            UNION ALL SELECT 'mailed ' || m::text FROM accounting.mailed_wages m
            UNION ALL SELECT 'outbox ' || o::text FROM perch.outbox o
            UNION ALL SELECT 'log ' || o::text FROM perch.log o
            UNION ALL SELECT 'failed ' || f::text FROM perch.failed_events f
            ORDER BY 1
            """
        )
    }

    /// What must not depend on how topics interleave and batches are cut: all but the order across tickets, which the
    /// entries' numbers and running balances show, and ids that are drawn.
    func state() throws -> [String] {
        try texts(
            """
            SELECT 'account ' || a::text FROM accounting.accounts a
            UNION ALL SELECT 'ticket ' || t::text FROM accounting.tickets t
            UNION ALL SELECT concat_ws(' ', 'ledger', event_id, user_id, ticket_id, title, kind, amount, business_day, at)
                FROM accounting.ledger
            UNION ALL SELECT 'contradiction ' || c::text FROM accounting.contradictions c
            UNION ALL SELECT 'earnings ' || e::text FROM accounting.earnings e
            UNION ALL SELECT concat_ws(' ', 'published', type, version, key, time, data) FROM perch.outbox
            ORDER BY 1
            """
        )
    }

    /// The rules that hold whatever has happened; empty where they do.
    func brokenRules() throws -> [String] {
        try brokenLedgerRules() + brokenPayDayRules()
    }

    private func brokenLedgerRules() throws -> [String] {
        try texts(
            """
            SELECT 'balance of ' || user_id || ' is not the sum of its entries' FROM accounting.accounts
            LEFT JOIN (SELECT user_id, sum(amount) AS total FROM accounting.ledger GROUP BY 1) AS l USING (user_id)
            WHERE balance <> coalesce(total, 0)
            UNION ALL
            SELECT 'entry ' || entry_id || ' does not sum to zero' FROM accounting.double_entries
            GROUP BY entry_id HAVING sum(amount) <> 0 OR count(*) <> 2
            UNION ALL
            SELECT 'balance after entry ' || w.entry_id || ' is wrong' FROM (
                SELECT entry_id, balance_after,
                    sum(amount) OVER (PARTITION BY user_id ORDER BY entry_id) AS running FROM accounting.ledger
            ) w WHERE w.balance_after <> w.running
            UNION ALL
            SELECT 'ticket ' || coalesce(t.ticket_id::text, o.key) || ' was not priced once' FROM accounting.tickets t
            FULL JOIN (
                SELECT key, count(*) AS times FROM perch.outbox WHERE type = 'ticket_money_updated' GROUP BY 1
            ) AS o ON o.key = t.ticket_id::text
            WHERE times IS DISTINCT FROM 1 OR t.ticket_id IS NULL
            UNION ALL
            SELECT 'earnings of ' || slot || ' are not those of the ledger' FROM (
                SELECT slot, sum(commissions) AS commissions, sum(rewards) AS rewards FROM accounting.earnings GROUP BY 1
            ) e
            FULL JOIN (
                SELECT date_bin('15 minutes', at, timestamptz 'epoch') AS slot,
                    coalesce(sum(amount) FILTER (WHERE kind = 'commission'), 0) AS commissions,
                    coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0) AS rewards
                FROM accounting.ledger WHERE kind <> 'wage' GROUP BY 1
            ) l USING (slot)
            WHERE (e.commissions, e.rewards) IS DISTINCT FROM (l.commissions, l.rewards)
            """
        )
    }

    private func brokenPayDayRules() throws -> [String] {
        try texts(
            """
            SELECT l.user_id || ' was forgotten when ' || p.day || ' was paid' FROM accounting.paid_days p
            JOIN accounting.ledger l ON l.business_day <= p.day GROUP BY p.day, l.user_id HAVING sum(amount) > 0
            UNION ALL
            SELECT w.user_id || ' was not paid what there was on ' || w.business_day FROM accounting.ledger w
            JOIN accounting.ledger l ON l.user_id = w.user_id AND l.business_day <= w.business_day
            WHERE w.kind = 'wage' GROUP BY w.entry_id, w.user_id, w.business_day HAVING sum(l.amount) <> 0
            UNION ALL
            SELECT w.user_id || ' was paid twice for ' || business_day FROM accounting.ledger w
            WHERE kind = 'wage' GROUP BY user_id, business_day HAVING count(*) > 1
            UNION ALL
            SELECT 'wage ' || coalesce(l.event_id, o.event_id) || ' was not published as it was paid' FROM (
                SELECT * FROM accounting.ledger WHERE kind = 'wage'
            ) l
            FULL JOIN (SELECT * FROM perch.outbox WHERE type = 'user_wage_paid') o USING (event_id)
            WHERE o.key IS DISTINCT FROM l.user_id::text OR (o.data->>'amount')::bigint IS DISTINCT FROM -l.amount
                OR o.data->>'user_id' IS DISTINCT FROM l.user_id::text OR o.time IS DISTINCT FROM l.at
            UNION ALL
            SELECT 'the record of ' || day || ' is wrong' FROM accounting.paid_days
            LEFT JOIN (
                SELECT business_day AS day, count(*), -sum(amount) AS sum FROM accounting.ledger WHERE kind = 'wage' GROUP BY 1
            ) w USING (day)
            WHERE (paid, total) IS DISTINCT FROM (coalesce(count, 0), coalesce(sum, 0))
            """
        )
    }
}
