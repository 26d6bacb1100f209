import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Accounting

/// The service's own role can do its work, and nothing that would falsify the ledger.
@Suite struct PrivilegeTests {
    private func withRole<R>(_ body: (AccountingFixture, PostgresConnection, _ url: String) throws -> R) throws -> R {
        let fixture = try AccountingFixture()
        let role = "app \(UInt64.random(in: .min ... .max))"
        let server = try LocalPostgres.shared()
        try server.psql("CREATE ROLE \"\(role)\" LOGIN")
        try DatabasePreparation.run(
            connection: fixture.connection,
            service: Accounting.service,
            contract: fixture.contract,
            appRole: role
        )
        let database = try #require(fixture.url.split(separator: "/").last)
        let url = server.url(database: String(database), user: role)
        return try body(fixture, PostgresConnection(PostgresConfiguration(url: url)), url)
    }

    @Test func theServiceWorksWithItsOwnRole() throws {
        try withRole { fixture, connection, _ in
            connection.publishOnly(as: fixture.contract)
            let harness = HandlerHarness(
                group: Accounting.consumerGroup(pricing: AccountingFixture.pricing),
                connection: connection
            )
            var streams = TestStreams(contract: fixture.contract)
            let (user, ticket) = (UUID.v7(), UUID.v7())
            try streams.append(UserCreated(userID: user, role: .employee))
            let created = try streams.append(TicketCreated(ticketID: ticket, assigneeID: user))
            try streams.append(TicketClosed(ticketID: ticket))
            try streams.append(TicketClosed(ticketID: ticket))
            try harness.deliver(Array(streams.deliveries.values.joined()))
            // A dead letter.
            var envelope = created.envelope
            envelope.data = Array("{}".utf8)
            try harness.deliver([Delivery(partition: created.partition, entryID: created.entryID, envelope: envelope)])
            #expect(try fixture.brokenRules() == [])
            #expect(try connection.execute("SELECT * FROM perch.assign_positions(10, ARRAY[]::text[])") == 1)
            #expect(try connection.execute("SELECT * FROM perch.published") == 1)
            #expect(try connection.execute("SELECT * FROM reporting.ledger") == 2)
            #expect(try connection.execute("SELECT * FROM reporting.balances") == 1)
        }
    }

    @Test func theServiceClosesDaysAndReadsItsBooksWithItsOwnRole() async throws {
        let (fixture, url) = try withRole { fixture, _, url in
            var streams = TestStreams(contract: fixture.contract)
            let (user, ticket) = (UUID.v7(), UUID.v7())
            try streams.append(UserCreated(userID: user, role: .employee))
            try streams.append(TicketCreated(ticketID: ticket, assigneeID: user))
            try streams.append(TicketClosed(ticketID: ticket))
            try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
            return (fixture, url)
        }
        let database = Database(try PostgresConfiguration(url: url), size: 1)
        let payDay = PayDay(timeZone: .gmt)
        let books = Books(timeZone: .gmt)
        let today = try await books.today(in: database)
        #expect(try await payDay.close(today, in: database).map(\.paid) == [1])
        let account = try #require(try await books.accounts(limit: 1, in: database).first)
        #expect(account.balance.cents == 0)
        #expect(try await books.statement(of: account.userID, in: database)?.balance.cents == 0)
        #expect(try await books.entries(of: account.userID, limit: 9, in: database)?.count == 3)
        #expect(try await books.earnings(from: today, to: today, in: database).count == 1)
        #expect(try await books.search(AccountSearch(), in: database).sums.accounts == 1)
        #expect(try await books.ledger(of: account.userID, in: database)?.items.count == 1)
        #expect(try await books.days(in: database).items.count == 1)
        #expect(try await books.wages(of: today, in: database).items.count == 1)
        #expect(try await payDay.preview(today, in: database).closed?.paid == 1)
        #expect(try await payDay.progress(of: today, in: database)?.isDone == true)
        #expect(try fixture.brokenRules() == [])
        await database.close()
    }

    @Test func theRoleCanNeitherChangeTheLedgerNorTheSchema() throws {
        try withRole { _, connection, _ in
            for statement: SQL in [
                "UPDATE accounting.ledger SET amount = 0", "DELETE FROM accounting.ledger",
                "TRUNCATE accounting.ledger",
                "DELETE FROM accounting.accounts", "UPDATE accounting.tickets SET reward = 0", "DELETE FROM perch.log",
                "UPDATE perch.log SET key = 'x'", "UPDATE perch.topics SET partitions = 1",
                "INSERT INTO perch.topics VALUES ('x', 1, 'x')", "DROP TABLE accounting.contradictions",
                "ALTER TABLE accounting.ledger DISABLE TRIGGER ALL", "CREATE TABLE accounting.x (y int)",
                "UPDATE accounting.ledger SET business_day = '2026-11-22'",
                "DELETE FROM accounting.closed_days", "UPDATE accounting.closed_days SET day = '2026-11-22'",
                "DELETE FROM accounting.paid_days", "UPDATE accounting.paid_days SET paid = 0",
                "DELETE FROM accounting.earnings", "UPDATE accounting.earnings SET slot = now()",
                "UPDATE accounting.accounts SET email = 'eve@evil.example'", "TRUNCATE accounting.closed_days",
                "DELETE FROM accounting.mailed_wages", "UPDATE accounting.mailed_wages SET sent_at = now()",
                "CREATE SCHEMA x", "CREATE TABLE public.x (y int)", "DELETE FROM perch.migrations",
            ] {
                #expect("refused: \(statement)") {
                    try connection.execute(statement)
                } throws: { error in
                    (error as? PostgresError)?.sqlState == .insufficientPrivilege
                }
            }
        }
    }
}
