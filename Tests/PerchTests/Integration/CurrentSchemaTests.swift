import Foundation
import LocalServers
import Perch
import Postgres
import Testing

/// `Schema/current.sql` is for people: the schema as it is, while the migrations tell how it came to be.
@Suite struct CurrentSchemaTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources/Library/Perch/Schema/current.sql").standardizedFileURL

    private static let head = """
        -- The schema `perch` as all migrations together give it, as pg_dump of Postgres 15 writes it. Nobody runs this file.
        -- Made by: PERCH_WRITE_SCHEMA=1 swift test --filter CurrentSchemaTests

        """

    /// pg_dump of another version may write the same schema in another way.
    private static let isVersion15 =
        (try? LocalPostgres.shared().psql("SHOW server_version_num").hasPrefix("15")) ?? false

    @Test(.enabled(if: isVersion15, "it is compared as pg_dump 15 writes it"))
    func theFileIsWhatTheMigrationsGive() throws {
        let server = try LocalPostgres.shared()
        let url = try server.createDatabase()
        try Migrator.migrate(PostgresConnection(PostgresConfiguration(url: url)), component: "perch", Migration.perch)
        let name = try #require(url.split(separator: "/").last)
        let schema = try Self.head + server.definition(ofSchema: "perch", database: String(name))
        if ProcessInfo.processInfo.environment["PERCH_WRITE_SCHEMA"] == "1" {
            try schema.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.file, encoding: .utf8)
        let differing = zip(schema.split(separator: "\n"), written.split(separator: "\n")).first { $0 != $1 }
        #expect(
            schema == written,
            "the first other line: \(differing.map { "\($0) instead of \($1)" } ?? "one of both is longer"); PERCH_WRITE_SCHEMA=1 writes it anew"
        )
    }
}
