import Foundation
import HTTPTesting
import Logging
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Analytics

/// Analytics with its pages, at noon of Wednesday 18 November 2026.
final class AnalyticsOffice {
    static let noon = Timestamp(milliseconds: 1_795_003_200_000)

    let fixture: AnalyticsFixture
    private var streams: TestStreams

    init(timeZone: TimeZone = .gmt) throws {
        fixture = try AnalyticsFixture(timeZone: timeZone)
        streams = TestStreams(contract: fixture.contract)
    }

    func time(_ text: String) throws -> Timestamp { try #require(Timestamp("2026-11-\(text):00.000Z")) }

    // MARK: What happens

    func employ(_ name: String?, id: UUID = .v7()) throws -> UUID {
        try tell(UserCreated(userID: id, role: .employee, name: name, email: name.map { _ in "e@x.org" }))
        return id
    }

    /// A ticket that is charged, and earns where a reward is given.
    @discardableResult
    func work(
        _ user: UUID,
        commission: Int64,
        reward: Int64? = nil,
        title: String? = "Mend the coop",
        at time: String
    ) throws -> UUID {
        let (ticket, time) = (UUID.v7(), try self.time(time))
        try tell(
            TicketMoneyUpdated(
                ticketID: ticket,
                commission: Money(cents: commission),
                reward: Money(cents: reward ?? 0)
            ),
            at: time
        )
        try tell(TicketCreated(ticketID: ticket, assigneeID: user, title: title), at: time)
        if reward != nil { try tell(TicketClosed(ticketID: ticket), at: time) }
        return ticket
    }

    func pay(_ user: UUID, _ cents: Int64, at time: String) throws {
        try tell(UserWagePaid(userID: user, amount: Money(cents: cents)), at: self.time(time))
    }

    private func tell(_ event: some Event, at time: Timestamp = noon) throws {
        try fixture.harness.deliver([try streams.append(event, time: time)])
    }

    /// As many that owe 1 cent and more, none of them like another.
    func manyDebtors(_ count: Int) throws {
        try fixture.connection.execute(
            """
            WITH people AS (
                INSERT INTO analytics.users (user_id, role, name, balance)
                SELECT gen_random_uuid(), 'employee', 'Person ' || n, -n FROM generate_series(1, \(count)::bigint) AS n
                RETURNING *
            )
            INSERT INTO analytics.movements (event_id, user_id, ticket_id, kind, amount, day, at)
            SELECT gen_random_uuid(), user_id, gen_random_uuid(), 'commission', -balance, '2026-11-17', now() FROM people
            """
        )
    }

    /// As if so many of so many events had been told again since it was emptied.
    func rebuilding(_ replayed: Int, of total: Int) throws {
        try fixture.connection.execute(
            """
            INSERT INTO perch.checkpoints (topic, partition, position, group_name)
            VALUES ('tickets', 0, \(replayed)::bigint, 'analytics')
            ON CONFLICT (group_name, topic, partition) DO UPDATE SET position = excluded.position
            """
        )
        try fixture.connection.execute(
            """
            INSERT INTO analytics.rebuild (topic, partition, target) VALUES ('tickets', 0, \(total)::bigint)
            ON CONFLICT (topic, partition) DO UPDATE SET target = excluded.target
            """
        )
    }

    // MARK: Who looks

    /// Serves the pages, as the service's own role, and lends an admin's browser.
    ///
    /// - Parameter lag: How far behind the handlers are. Default: nobody knows, and nothing is said.
    func visit(
        timeZone: TimeZone = .gmt,
        lag: (@Sendable () async -> Duration?)? = nil,
        _ body: (PageVisitor, ServedPages) async throws -> Void
    ) async throws {
        let url = try fixture.grantToNewRole()
        let database = Database(try PostgresConfiguration(url: url), size: 4, acquireTimeout: .seconds(3600))
        let api = Analytics.api(database: database, timeZone: timeZone)
        try await withPages(of: .analytics, beside: api, database: database) { settings in
            let site = Analytics.site(
                settings,
                database: database,
                timeZone: timeZone,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                now: { Self.noon }
            )
            return lag.map { site.telling(lag: $0) } ?? site
        } _: { pages in
            try await body(try await pages.visitor(.admin, now: Self.noon), pages)
        }
        await database.close()
    }

    func visit(_ body: (PageVisitor) async throws -> Void) async throws {
        try await visit { admin, _ in try await body(admin) }
    }
}

extension RawAnswer {
    /// Where the page gets fresh values from.
    var stream: String? {
        guard let rest = body.components(separatedBy: " data-stream=\"").dropFirst().first else { return nil }
        return String(rest.prefix { $0 != "\"" }).replacing("&amp;", with: "&")
    }
}
