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
    private func withRole(_ body: (AccountingFixture, PostgresConnection) throws -> Void) throws {
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
        try body(fixture, PostgresConnection(PostgresConfiguration(url: url)))
    }

    @Test func theServiceWorksWithItsOwnRole() throws {
        try withRole { fixture, connection in
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

    @Test func theRoleCanNeitherChangeTheLedgerNorTheSchema() throws {
        try withRole { _, connection in
            for statement: SQL in [
                "UPDATE accounting.ledger SET amount = 0", "DELETE FROM accounting.ledger",
                "TRUNCATE accounting.ledger",
                "DELETE FROM accounting.accounts", "UPDATE accounting.tickets SET reward = 0", "DELETE FROM perch.log",
                "UPDATE perch.log SET key = 'x'", "UPDATE perch.topics SET partitions = 1",
                "INSERT INTO perch.topics VALUES ('x', 1, 'x')", "DROP TABLE accounting.contradictions",
                "ALTER TABLE accounting.ledger DISABLE TRIGGER ALL", "CREATE TABLE accounting.x (y int)",
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
