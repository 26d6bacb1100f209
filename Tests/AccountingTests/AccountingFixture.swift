import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit

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

    init(pricing: Pricing = Self.pricing, timeZone: TimeZone = .gmt) throws {
        contract = try Contract.load()
        url = try LocalPostgres.shared().createDatabase()
        connection = try PostgresConnection(PostgresConfiguration(url: url))
        try DatabasePreparation.run(connection: connection, service: Accounting.service, contract: contract)
        let group = Accounting.consumerGroup(pricing: pricing, timeZone: timeZone)
        harness = HandlerHarness(group: group, connection: connection)
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
            UNION ALL SELECT concat_ws(' ', 'published', type, version, key, time, data) FROM perch.outbox
            ORDER BY 1
            """
        )
    }

    /// The rules that hold whatever has happened; empty where they do.
    func brokenRules() throws -> [String] {
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
            FULL JOIN (SELECT key, count(*) AS times FROM perch.outbox GROUP BY 1) AS o ON o.key = t.ticket_id::text
            WHERE times IS DISTINCT FROM 1 OR t.ticket_id IS NULL
            """
        )
    }
}
