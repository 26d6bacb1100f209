import LocalServers
import Postgres
import Testing

@testable import Perch

/// Rows from before they had a group's name.
@Suite struct GroupMigrationTests {
    @Test func rowsAreCarriedOverToTheGroupThatItsProgramHasDeclared() throws {
        let (connection, former) = try before()
        try former.declare("shipping", "orders", partitions: 4)
        try former.beat(lease: 5000)
        let held = try former.acquire(limit: 1, lease: 5000)
        try former.park(held[0], at: 1)
        let applied = try Migrator.migrate(connection, component: "perch", Migration.perch)
        #expect(applied.first?.name == "groups")
        for table: StaticString in ["leases", "checkpoints", "failed_events", "workers"] {
            let names = try connection.query("SELECT DISTINCT group_name FROM perch.\(raw: table)") {
                try $0.decode("group_name", as: String.self)
            }
            #expect(names == ["shipping"], "\(table)")
        }
        #expect(try groups(connection) == ["shipping"])
        let position = try connection.query(
            "SELECT position FROM perch.checkpoints WHERE group_name = 'shipping' AND partition = \(held[0].partition)"
        ) { try $0.decode("position", as: Int.self) }
        #expect(position == [1])
    }

    @Test(arguments: [[], ["mailer", "shipping"]] as [[GroupName]])
    func whoseRowsTheyAreIsAskedForWhereItIsNotClear(declared: [GroupName]) throws {
        let (connection, former) = try before()
        try former.declare("shipping", "orders", partitions: 1)
        try connection.execute("DELETE FROM perch.subscriptions")
        for (number, name) in declared.enumerated() {
            try connection.execute(
                """
                INSERT INTO perch.subscriptions (topic, group_name, is_idempotent, has_reset)
                VALUES (\("topic\(number)"), \(name.rawValue), true, false)
                """
            )
        }
        let asked = GroupNotKnown(declared: declared.map(\.rawValue).joined(separator: ","), given: nil)
        #expect(throws: asked) { try Migrator.migrate(connection, component: "perch", Migration.perch) }
        #expect(asked.description.contains(declared.isEmpty ? "names no group" : "names mailer, shipping"))
        let versions = try connection.query("SELECT max(version) AS v FROM perch.migrations") {
            try $0.decode("v", as: Int.self)
        }
        #expect(versions == [FormerWorker.migrations.count], "nothing was migrated")
        if !declared.isEmpty {
            #expect(throws: GroupNotKnown.self) {
                try Migrator.migrate(connection, component: "perch", Migration.perch, group: "shiping")
            }
        }
        try Migrator.migrate(connection, component: "perch", Migration.perch, group: "shipping")
        #expect(try groups(connection) == ["shipping"])
    }

    @Test func aDatabaseWithoutRowsCarriesNoGroupAndTakesAny() throws {
        let (connection, _) = try before()
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        #expect(try groups(connection) == [])
        for group: GroupName in ["shipping", "mailer", "stock"] {
            try LeaseStore(connection: connection, group: group).declare([Partition("orders", 0)])
        }
        #expect(try groups(connection) == ["mailer", "shipping", "stock"])
    }

    private func before() throws -> (PostgresConnection, FormerWorker) {
        let configuration = try PostgresConfiguration(url: try LocalPostgres.shared().createDatabase())
        let connection = try PostgresConnection(configuration)
        try Migrator.migrate(connection, component: "perch", FormerWorker.migrations)
        return (connection, try FormerWorker("there-1-x/1", configuration))
    }

    private func groups(_ connection: PostgresConnection) throws -> [String] {
        try connection.query("SELECT group_name FROM perch.groups ORDER BY 1") {
            try $0.decode("group_name", as: String.self)
        }
    }
}
