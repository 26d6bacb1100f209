import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Analytics

/// The service's own role can do its work, and nothing more.
@Suite struct PrivilegeTests {
    private func withRole(_ body: (AnalyticsFixture, PostgresConnection) throws -> Void) throws {
        let fixture = try AnalyticsFixture()
        let url = try fixture.grantToNewRole()
        try body(fixture, PostgresConnection(PostgresConfiguration(url: url)))
    }

    @Test func theServiceWorksWithItsOwnRole() throws {
        try withRole { fixture, connection in
            let harness = HandlerHarness(group: Analytics.consumerGroup(), connection: connection)
            var generator = SplitMix64(seed: 5)
            let history = try History(contract: fixture.contract, using: &generator)
            try harness.deliverAll(history.withRepeats.deliveries, roundsOfUpTo: 20, using: &generator)
            // A dead letter.
            let user = try #require(history.users.first)
            var envelope = user.envelope
            envelope.data = Array("{}".utf8)
            try harness.deliver([Delivery(partition: user.partition, entryID: user.entryID, envelope: envelope)])
            #expect(try fixture.brokenRules() == [])
            #expect(try connection.execute("SELECT * FROM reporting.earnings") > 0)
            try connection.transaction { tx in try ReadModel(timeZone: .gmt).empty(in: tx) }
            #expect(try fixture.dump().filter { !$0.hasPrefix("failed ") } == ["calendar (t,GMT)"])
        }
    }

    @Test func theRoleCanNeitherTakeSingleFactsOutNorChangeTheSchema() throws {
        try withRole { _, connection in
            for statement: SQL in [
                "DELETE FROM analytics.movements", "UPDATE analytics.movements SET day = now()",
                "UPDATE analytics.movements SET event_id = gen_random_uuid()", "DELETE FROM analytics.users",
                "UPDATE analytics.calendar SET time_zone = 'UTC'", "DELETE FROM analytics.contradictions",
                "UPDATE analytics.earnings SET day = now()", "TRUNCATE perch.checkpoints",
                "DELETE FROM perch.checkpoints", "UPDATE analytics.rebuild SET topic = 'x'",
                "DELETE FROM analytics.rebuild", "DELETE FROM perch.leases", "DROP TABLE analytics.movements",
                "CREATE TABLE analytics.x (y int)", "CREATE SCHEMA x", "CREATE TABLE public.x (y int)",
                "DROP VIEW reporting.earnings", "DELETE FROM perch.migrations",
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
