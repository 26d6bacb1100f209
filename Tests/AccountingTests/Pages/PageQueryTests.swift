import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

/// What pages ask of a ledger of 100,000 entries.
@Suite("what pages ask") struct PageQueryTests {
    @Test func noPageReadsTheWholeLedger() async throws {
        let office = try OfficeFixture(.once)
        try office.seedLedger(accounts: 1000)
        let before = try scans(office)
        let database = try office.accounting.database
        let user = try #require(
            try await database.query("SELECT user_id FROM accounting.accounts LIMIT 1") {
                try $0.decode(0, as: UUID.self)
            }.first
        )
        let (clock, payDay) = (office.clock, office.payDay)
        let books = Books(timeZone: .gmt) { clock.now }
        _ = try await books.overviews(of: [user], in: database)
        _ = try await books.ledger(of: user, entries: 50, in: database)
        _ = try await books.ledger(of: user, at: .after("2026-10-01"), entries: 50, in: database)
        _ = try await books.ledger(of: user, at: .before("2026-10-01"), entries: 50, in: database)
        _ = try await books.entries(of: user, day: "2026-11-22", limit: 51, in: database)
        _ = try await books.news(since: [user: 90_000], in: database)
        _ = try await books.sums(of: [AccountDay(user: user, day: "2026-11-22")], in: database)
        _ = try await books.rewards(of: [AccountTicket(user: user, ticket: .v7())], in: database)
        _ = try await books.search(AccountSearch(text: "name"), in: database)
        _ = try await books.report(from: "2026-10-24", to: "2026-11-22", in: database)
        _ = try await books.days(in: database)
        _ = try await books.wages(of: "2026-11-20", in: database)
        _ = try await payDay.preview("2026-11-22", in: database)
        _ = try await payDay.paid(of: "2026-11-20", in: database)
        _ = try await payDay.progress(of: "2026-11-20", in: database)
        await database.close()
        let after = try scans(office)
        #expect(after.whole == before.whole)
        #expect(after.byIndex - before.byIndex > 15)
        // All of them together: what two open days have, a few times.
        #expect(after.rows - before.rows < 40_000, "\(after.rows - before.rows)")
    }

    private func scans(_ office: OfficeFixture) throws -> (whole: Int64, byIndex: Int64, rows: Int64) {
        // Of a connection of its own: what one has counted is there for others once it ends.
        let connection = try PostgresConnection(PostgresConfiguration(url: office.accounting.url))
        return try connection.query(
            """
            SELECT seq_scan, idx_scan, idx_tup_fetch FROM pg_stat_user_tables
            WHERE schemaname = 'accounting' AND relname = 'ledger'
            """
        ) { (try $0.decode(0), try $0.decode(1), try $0.decode(2)) }[0]
    }
}

extension OfficeFixture {
    /// Of each account three entries a day, of 33 days up to today; all but the last two are closed and paid.
    func seedLedger(accounts: Int) throws {
        let connection = accounting.connection
        try connection.execute(
            """
            INSERT INTO accounting.accounts (user_id, role, name, balance)
            SELECT gen_random_uuid(), 'employee', 'Name ' || n, 5000 FROM generate_series(1, \(Int64(accounts))) AS n
            """
        )
        try connection.execute(
            """
            INSERT INTO accounting.ledger
                (event_id, user_id, ticket_id, title, kind, amount, balance_after, business_day, at)
            SELECT gen_random_uuid(), a.user_id, CASE WHEN k.kind <> 'wage' THEN gen_random_uuid() END,
                CASE WHEN k.kind <> 'wage' THEN 'Mend the coop' END, k.kind, k.amount,
                k.after + CASE WHEN d.n = 32 THEN 2500 ELSE 0 END, date '2026-10-21' + d.n,
                (date '2026-10-21' + d.n + k.time) AT TIME ZONE 'UTC'
            FROM generate_series(0, 32) AS d (n)
            CROSS JOIN (
                VALUES ('commission', -1500, -1500, time '09:00'), ('reward', 4000, 2500, time '10:00'),
                    ('wage', -2500, 0, time '23:00')
            ) AS k (kind, amount, after, time)
            CROSS JOIN accounting.accounts a
            WHERE k.kind <> 'wage' OR d.n < 31 ORDER BY d.n, k.time, a.user_id
            """
        )
        try connection.execute(
            """
            WITH closed AS (
                INSERT INTO accounting.closed_days (day, closed_at)
                SELECT date '2026-10-21' + n, date '2026-10-22' + n + time '00:05' FROM generate_series(0, 30) AS n
                RETURNING day
            )
            INSERT INTO accounting.paid_days (day, paid, total, paid_at)
            SELECT day, \(Int64(accounts)), \(Int64(accounts)) * 2500, day + 1 + time '00:06' FROM closed
            """
        )
        try connection.execute(
            """
            INSERT INTO accounting.earnings (slot, partition, commissions, rewards)
            SELECT date_bin('15 minutes', at, timestamptz 'epoch'), 0,
                coalesce(sum(amount) FILTER (WHERE kind = 'commission'), 0),
                coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0)
            FROM accounting.ledger WHERE kind <> 'wage' GROUP BY 1
            """
        )
        // As it is soon after, of itself.
        try connection.execute("VACUUM ANALYZE")
        // What it has counted so far is told now, and does not come amid what is measured.
        try connection.execute("SELECT pg_stat_force_next_flush()")
        try connection.execute("SELECT 1")
    }
}
