import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit

@testable import Analytics

/// Analytics on a database of its own, prepared as its migrations do.
struct AnalyticsFixture {
    let url: String
    let connection: PostgresConnection
    let harness: HandlerHarness
    let contract: Contract

    /// - Parameter url: A database; default: a new one.
    init(timeZone: TimeZone = .gmt, url: String? = nil) throws {
        contract = try Contract.load()
        self.url = try url ?? LocalPostgres.shared().createDatabase()
        connection = try PostgresConnection(PostgresConfiguration(url: self.url))
        try DatabasePreparation.run(connection: connection, service: Analytics.service(), contract: contract)
        harness = HandlerHarness(group: Analytics.consumerGroup(timeZone: timeZone), connection: connection)
    }

    var database: Database {
        get throws { Database(try PostgresConfiguration(url: url), size: 2, acquireTimeout: .seconds(3600)) }
    }

    /// Makes a role that has the service's rights, as `migrate` gives them.
    ///
    /// - Returns: The database's URL as that role.
    func grantToNewRole() throws -> String {
        let role = "app \(UInt64.random(in: .min ... .max))"
        let server = try LocalPostgres.shared()
        try server.psql("CREATE ROLE \"\(role)\" LOGIN")
        try DatabasePreparation.run(
            connection: connection,
            service: Analytics.service(),
            contract: contract,
            appRole: role
        )
        return server.url(database: String(url.split(separator: "/").last ?? ""), user: role)
    }

    func numbers(_ sql: SQL) throws -> [Int64] {
        try connection.query(sql) { try $0.decode(0, as: Int64.self) }
    }

    func texts(_ sql: SQL) throws -> [String] {
        try connection.query(sql) { try $0.decode(0, as: String.self) }
    }

    func balance(_ user: UUID) throws -> Int64? {
        try numbers("SELECT balance FROM analytics.users WHERE user_id = \(user)").first
    }

    func earnings() throws -> [String] {
        try texts("SELECT concat_ws(' ', day, commissions, rewards, earned) FROM reporting.earnings ORDER BY day")
    }

    /// Everything in every table of analytics, to the byte.
    func dump() throws -> [String] { try Self.dump(connection) }

    static func dump(_ connection: PostgresConnection) throws -> [String] {
        try connection.query(
            """
            SELECT 'calendar ' || c::text FROM analytics.calendar c
            UNION ALL SELECT 'user ' || u::text FROM analytics.users u
            UNION ALL SELECT 'ticket ' || t::text FROM analytics.tickets t
            UNION ALL SELECT 'movement ' || m::text FROM analytics.movements m
            UNION ALL SELECT 'earnings ' || e::text FROM analytics.earnings e
            UNION ALL SELECT 'wages ' || w::text FROM analytics.wages w
            UNION ALL SELECT 'contradiction ' || c::text FROM analytics.contradictions c
            UNION ALL SELECT 'failed ' || f.event_id::text FROM perch.failed_events f
            ORDER BY 1
            """
        ) { try $0.decode(0, as: String.self) }
    }

    /// The rules that hold whatever has happened; empty where they do.
    func brokenRules() throws -> [String] {
        try texts(
            """
            SELECT 'balance of ' || user_id || ' is not the sum of its movements' FROM analytics.users
            FULL JOIN (
                SELECT user_id, sum(CASE kind WHEN 'reward' THEN amount ELSE -amount END) AS total
                FROM analytics.movements WHERE amount IS NOT NULL GROUP BY 1
            ) AS m USING (user_id)
            WHERE balance IS DISTINCT FROM coalesce(total, 0)
            UNION ALL
            SELECT 'earnings of ' || day || ' are not the sum of its movements' FROM analytics.earnings
            FULL JOIN (
                SELECT day, coalesce(sum(amount) FILTER (WHERE kind = 'commission'), 0) AS charged,
                    coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0) AS credited
                FROM analytics.movements WHERE amount IS NOT NULL AND kind <> 'wage' GROUP BY 1
            ) AS m USING (day)
            WHERE (commissions, rewards) IS DISTINCT FROM (charged, credited)
            UNION ALL
            SELECT 'wages of ' || day || ' are not the sum of its movements' FROM analytics.wages w
            FULL JOIN (
                SELECT day, count(*) AS n, sum(amount) AS paid FROM analytics.movements WHERE kind = 'wage' GROUP BY 1
            ) AS m USING (day)
            WHERE (w.count, w.total) IS DISTINCT FROM (m.n, m.paid)
            UNION ALL
            SELECT 'movement ' || event_id || ' waits for a price that is known' FROM analytics.movements
            JOIN analytics.tickets USING (ticket_id) WHERE amount IS NULL AND commission IS NOT NULL
            """
        )
    }
}
