import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Tracker

/// The service's own role can do its work, and nothing more; the schema's owner needs no superuser.
@Suite struct PrivilegeTests {
    private struct Roles {
        let owner: String
        let app: String
        let database: String
    }

    /// A database as `ops/postgres` makes it: its owner is nobody special, and PUBLIC has nothing.
    private func roles() throws -> Roles {
        let server = try LocalPostgres.shared()
        let name = "tracker_\(UInt64.random(in: .min ... .max))"
        try server.psql(
            """
            CREATE ROLE "\(name)_owner" LOGIN;
            CREATE ROLE "\(name)_app" LOGIN;
            """
        )
        try server.psql("CREATE DATABASE \"\(name)\" OWNER \"\(name)_owner\" TEMPLATE template0")
        try server.psql(
            """
            REVOKE ALL ON DATABASE "\(name)" FROM PUBLIC;
            GRANT CONNECT ON DATABASE "\(name)" TO "\(name)_app";
            """
        )
        return Roles(
            owner: server.url(database: name, user: "\(name)_owner"),
            app: server.url(database: name, user: "\(name)_app"),
            database: name
        )
    }

    @Test func theOwnerMigratesWithoutASuperuserAndTheServiceWorksWithItsOwnRole() async throws {
        let roles = try roles()
        let contract = try Contract.load()
        let owner = try PostgresConnection(PostgresConfiguration(url: roles.owner))
        try owner.executeScript(
            """
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO "\(roles.database)_app";
            """
        )
        try DatabasePreparation.run(
            connection: owner,
            service: Tracker.service,
            contract: contract,
            appRole: "\(roles.database)_app"
        )
        let app = try PostgresConnection(PostgresConfiguration(url: roles.app))
        app.publishOnly(as: contract)
        let harness = HandlerHarness(group: Tracker.consumerGroup, connection: app)
        var streams = TestStreams(contract: contract)
        let ben = UUID.v7()
        try streams.append(UserCreated(userID: ben, role: .employee))
        try harness.deliver(Array(streams.deliveries.values.joined()))

        let database = Database(try PostgresConfiguration(url: roles.app), size: 2)
        let tickets = Tickets()
        let ticket = try await tickets.create(title: "Mend the coop", by: ben, in: database)
        #expect(try await tickets.search(TicketSearch(text: "coop"), in: database).count == 1)
        let presses = Reassignments()
        #expect(try await presses.press(.v7(), by: ben, in: database).tickets == 1)
        #expect(try await presses.latest(in: database).count == 1)
        #expect(try await presses.outlook(in: database).openTickets == 1)
        _ = try await tickets.close(ticket.ticketID, by: ben, in: database)
        #expect(try await tickets.shown(ticket.ticketID, in: database)?.ticket.status == .closed)
        for statement: SQL in [
            "INSERT INTO tracker.titles VALUES (gen_random_uuid(), 'x')", "UPDATE tracker.titles SET title = 'x'",
            "DELETE FROM tracker.titles", "TRUNCATE tracker.titles", "UPDATE tracker.tickets SET title = 'x'",
            "DELETE FROM tracker.reassignments", "UPDATE tracker.reassignments SET by_user = gen_random_uuid()",
            "CREATE EXTENSION btree_gin SCHEMA tracker", "DROP EXTENSION pg_trgm", "CREATE TABLE tracker.x (y int)",
        ] {
            #expect("refused: \(statement)") {
                try app.execute(statement)
            } throws: { error in
                (error as? PostgresError)?.sqlState == .insufficientPrivilege
            }
        }
        await database.close()
    }
}
