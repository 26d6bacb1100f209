import Foundation
import LocalServers
import Perch
import Postgres
import Testing

/// `perch migrate`, as people start it.
@Suite struct MigrateTests {
    /// An empty database, and the tool with it.
    private struct Empty {
        let server: LocalPostgres
        let url: String
        let folder: URL

        init() throws {
            server = try LocalPostgres.shared()
            url = try server.createDatabase()
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-migrate-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Samples.yaml.write(to: folder.appendingPathComponent("orders.yaml"), atomically: true, encoding: .utf8)
        }

        func perch(_ arguments: String..., knowsDatabase: Bool = true) throws -> Tool.Result {
            var environment = ["STREAMS_DIR": folder.path, "HOME": folder.path]
            if knowsDatabase { environment["SHOP_DATABASE_URL"] = url }
            return try Tool.run(["migrate"] + arguments, environment: environment)
        }

        func psql(_ sql: String) throws -> String {
            try server.psql(sql, database: String(try #require(url.split(separator: "/").last)))
        }

        func end() { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func anEmptyDatabaseIsMadeReadyOnce() throws {
        let empty = try Empty()
        defer { empty.end() }
        let count = Migration.perch.count
        let planned = try empty.perch("shop", "--dry-run")
        #expect(planned.code == 0 && planned.out.contains("perch 1 outbox"), "\(planned)")
        #expect(try empty.psql("SELECT to_regnamespace('perch') IS NULL") == "t")
        // Nobody can be asked, and nobody said yes.
        #expect(try empty.perch("shop").code == 64)
        #expect(try empty.psql("SELECT to_regnamespace('perch') IS NULL") == "t")

        let done = try empty.perch("shop", "--yes")
        #expect(done.code == 0 && done.out.contains("\(count) migrations applied; topics: orders"), "\(done)")
        #expect(try empty.psql("SELECT count(*) FROM perch.partitions WHERE topic = 'orders'") == "4")
        let again = try empty.perch("shop", "--yes", "--json").json()
        #expect(again["is_done"] as? Bool == true && (again["migrations"] as? [Any])?.isEmpty == true)
        #expect(again["topics"] as? [String] == ["orders"])
        #expect(try empty.perch("shop", "--dry-run").out.contains("has all of Perch's migrations"))
    }

    @Test func theStatementsGoThroughPsqlAndNeedNoServerBefore() throws {
        let empty = try Empty()
        defer { empty.end() }
        let printed = try empty.perch("shop", "--sql", knowsDatabase: false)
        #expect(printed.code == 0, "\(printed.error)")
        let contract = try Contract.load(directory: empty.folder.path)
        #expect(printed.out == ServiceDatabase.script(owner: "shop", contract: contract))
        _ = try empty.psql(printed.out)
        #expect(try empty.perch("shop", "--dry-run").out.contains("has all of Perch's migrations"))
        let rest = try empty.perch("shop", "--sql", "--after", "\(Migration.perch.count)", knowsDatabase: false)
        #expect(!rest.out.contains("CREATE FUNCTION") && rest.out.contains("INSERT INTO perch.topics"))
    }

    @Test func whatDoesNotFitIsRefusedWithWhatHelps() throws {
        let empty = try Empty()
        defer { empty.end() }
        #expect(try empty.perch("shp", "--yes").error.contains("did you mean `shop`?"))
        let unknown = try empty.perch("shop", "--yes", knowsDatabase: false)
        #expect(unknown.code == 2 && unknown.error.contains("SHOP_DATABASE_URL"), "\(unknown)")
        #expect(try empty.perch("shop", "--after", "3").code == 64)
        #expect(try empty.perch("shop", "--sql", "--after", "1000").code == 64)
        #expect(try empty.perch("shop", "--sql", "--json").code == 64)

        #expect(try empty.perch("shop", "--yes").code == 0)
        _ = try empty.psql("UPDATE perch.topics SET partitions = 3")
        let changed = try empty.perch("shop", "--yes")
        #expect(changed.code == 1 && changed.error.contains("3 partitions in the database and 4"), "\(changed)")
        _ = try empty.psql("INSERT INTO perch.migrations VALUES ('perch', 1000, 'later')")
        let newer = try empty.perch("shop", "--yes")
        #expect(newer.code == 1 && newer.error.contains("version 1000"), "\(newer)")
    }
}
