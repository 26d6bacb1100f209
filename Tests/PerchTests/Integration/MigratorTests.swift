import LocalServers
import Logging
import PerchTesting
import Postgres
import Testing

@testable import Perch

@Suite(.serialized, .timeLimit(.minutes(30))) struct MigratorTests {
    private func configuration(_ url: String) throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: url)
        configuration.replyTimeout = .milliseconds(200)
        configuration.applicationName = "shop migrate"
        return configuration
    }

    @Test func aMigrationMayTakeLongerThanAReply() throws {
        let connection = try PostgresConnection(configuration(LocalPostgres.shared().createDatabase()))
        let slow = Migration(version: 1, name: "slow", sql: "SELECT pg_sleep(0.8); CREATE TABLE done ()")
        #expect(try Migrator.migrate(connection, component: "shop", [slow]).map(\.version) == [1])
        #expect(!connection.isDead)
        #expect(throws: PostgresError.self) { try connection.execute("SELECT pg_sleep(60)") }
        #expect(connection.isDead, "after it the limit is back")
    }

    @Test func whoWaitsForAnotherProgramsMigrationsSaysForWhom() async throws {
        let url = try LocalPostgres.shared().createDatabase()
        let log = CollectedLog()
        let first = try PostgresConnection(configuration(url))
        try first.execute("SELECT pg_advisory_lock(\(0x7065_7263_6821))")
        let waiting = Task.detached {
            let connection = try PostgresConnection(self.configuration(url))
            // As roles of owners have it, for locks on tables.
            try connection.execute("SET lock_timeout = '100ms'")
            return try Migrator.migrate(
                connection,
                component: "shop",
                [Migration(version: 1, name: "one", sql: "CREATE TABLE one ()")],
                logger: log.logger
            ).count
        }
        try await eventually("it says whom it waits for") {
            let line = log.lines.first { $0.message == "waiting for another program's migrations to end" }
            let holder = line?.metadata["holder"]?.description ?? ""
            return holder.contains("pid \(first.backendPID) of ") && holder.contains("shop migrate")
        }
        // Longer than a reply may take.
        try await eventually("it still waits") {
            try first.query(
                "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND waitstart < clock_timestamp() - interval '0.5 s' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ) {
                try $0.decode("n", as: Int.self)
            } == [1]
        }
        try first.execute("SELECT pg_advisory_unlock(\(0x7065_7263_6821))")
        #expect(try await waiting.value == 1)
    }

    @Test func aMigrationsFailureSaysWhichAndWhy() throws {
        let connection = try PostgresConnection(configuration(LocalPostgres.shared().createDatabase()))
        let migrations = [
            Migration(version: 1, name: "orders", sql: "CREATE TABLE orders (id int)"),
            Migration(
                version: 2,
                name: "unique orders",
                sql: "INSERT INTO orders VALUES (7), (7); CREATE UNIQUE INDEX ON orders (id)"
            ),
        ]
        let error = #expect(throws: MigrationFailed.self) {
            try Migrator.migrate(connection, component: "shop", migrations)
        }
        #expect(
            error?.description
                == "migration 2 (unique orders) of shop failed: could not create unique index \"orders_id_idx\" [23505 unique_violation]; Key (id)=(7) is duplicated."
        )
        #expect(try connection.query("SELECT count(*) AS n FROM orders") { try $0.decode("n", as: Int.self) } == [0])
    }
}
