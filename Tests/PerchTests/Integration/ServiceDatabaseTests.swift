import LocalServers
import Perch
import Postgres
import Testing

/// A database that was empty, and has what a service needs of Perch.
@Suite struct ServiceDatabaseTests {
    private static func contract(partitions: Int = 3, archive: Duration? = .seconds(3600)) -> Contract {
        Contract(topics: [
            TopicContract(
                name: "orders",
                owner: "shop",
                key: "id",
                partitions: partitions,
                archive: Archive(age: archive),
                events: []
            ),
            TopicContract(name: "it's", owner: "shop", key: "id", partitions: 1, events: []),
            TopicContract(name: "parcels", owner: "post", key: "id", partitions: 2, events: []),
        ])
    }

    private static func connect(_ url: String) throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: url))
    }

    private static let tables = Migration(version: 1, name: "orders", sql: "CREATE TABLE orders (id int)")

    @Test func oneCallMakesTablesAndTopicsAndASecondOneChangesNothing() throws {
        let connection = try Self.connect(LocalPostgres.shared().createDatabase())
        let first = try ServiceDatabase.prepare(
            connection,
            owner: "shop",
            contract: Self.contract(),
            migrations: [Self.tables]
        )
        #expect(first.perch.count == Migration.perch.count && first.own.map(\.name) == ["orders"])
        #expect(first.topics == ["it's", "orders"])
        #expect(try connection.execute("SELECT * FROM orders") == 0)
        let second = try ServiceDatabase.prepare(
            connection,
            owner: "shop",
            contract: Self.contract(),
            migrations: [Self.tables]
        )
        #expect(second.perch.isEmpty && second.own.isEmpty && second.topics == first.topics)
        let partitions = try connection.query("SELECT topic || ':' || partition FROM perch.partitions ORDER BY 1") {
            try $0.decode(0, as: String.self)
        }
        #expect(partitions == ["it's:0", "orders:0", "orders:1", "orders:2"])
    }

    @Test func aServiceThatOnlyReadsGetsTheTablesAndNoTopic() throws {
        let connection = try Self.connect(LocalPostgres.shared().createDatabase())
        let prepared = try ServiceDatabase.prepare(connection, owner: "billing", contract: Self.contract())
        #expect(prepared.topics.isEmpty && prepared.own.isEmpty)
        #expect(try connection.execute("SELECT * FROM perch.topics") == 0)
    }

    @Test func anotherNumberOfPartitionsIsRefusedWithBothNumbers() throws {
        let connection = try Self.connect(LocalPostgres.shared().createDatabase())
        try ServiceDatabase.prepare(connection, owner: "shop", contract: Self.contract())
        let error = #expect(throws: PartitionsChanged.self) {
            try ServiceDatabase.prepare(connection, owner: "shop", contract: Self.contract(partitions: 4))
        }
        #expect(error?.topic == "orders" && error?.inDatabase == 3 && error?.inContract == 4)
    }

    /// The schema, what is recorded of migrations, and the topics, as programs other than ours see them.
    private static func state(_ url: String, _ server: LocalPostgres) throws -> [String] {
        let name = String(try #require(url.split(separator: "/").last))
        return [
            try server.definition(ofSchema: "perch", database: name),
            try server.psql("SELECT component, version, name FROM perch.migrations ORDER BY 1, 2", database: name),
            try server.psql("SELECT * FROM perch.topics ORDER BY topic", database: name),
            try server.psql("SELECT * FROM perch.partitions ORDER BY topic, partition", database: name),
        ]
    }

    @Test func theScriptRunByPsqlGivesWhatTheCallGives() throws {
        let server = try LocalPostgres.shared()
        let (called, scripted) = (try server.createDatabase(), try server.createDatabase())
        try ServiceDatabase.prepare(Self.connect(called), owner: "shop", contract: Self.contract())
        let name = String(try #require(scripted.split(separator: "/").last))
        try server.psql(ServiceDatabase.script(owner: "shop", contract: Self.contract()), database: name)
        let expected = try Self.state(called, server)
        #expect(expected.allSatisfy { !$0.isEmpty })
        #expect(try Self.state(scripted, server) == expected)
        // The call finds nothing to do there.
        let after = try ServiceDatabase.prepare(Self.connect(scripted), owner: "shop", contract: Self.contract())
        #expect(after.perch.isEmpty)
    }

    @Test func aScriptForALaterVersionGoesOnFromThereAndIsRefusedElsewhere() throws {
        let server = try LocalPostgres.shared()
        let (called, scripted) = (try server.createDatabase(), try server.createDatabase())
        try ServiceDatabase.prepare(Self.connect(called), owner: "shop", contract: Self.contract(archive: nil))
        try Migrator.migrate(Self.connect(scripted), component: "perch", Array(Migration.perch.prefix(11)))
        let name = String(try #require(scripted.split(separator: "/").last))
        for wrong in [0, 10, 12, Migration.perch.count] {
            let script = ServiceDatabase.script(owner: "shop", contract: Self.contract(archive: nil), after: wrong)
            let error = #expect(throws: LocalServerError.self) { try server.psql(script, database: name) }
            #expect(error.map { "\($0)".contains("has 11 migrations of perch and not \(wrong)") } == true)
        }
        let script = ServiceDatabase.script(owner: "shop", contract: Self.contract(archive: nil), after: 11)
        try server.psql(script, database: name)
        #expect(try Self.state(scripted, server) == Self.state(called, server))
        // The topics' part alone, after a change of the contract.
        let changed = Self.contract()
        try server.psql(
            ServiceDatabase.script(owner: "shop", contract: changed, after: Migration.perch.count),
            database: name
        )
        #expect(
            try server.psql("SELECT archive FROM perch.topics WHERE topic = 'orders'", database: name) == "01:00:00"
        )
        let more = ServiceDatabase.script(
            owner: "shop",
            contract: Self.contract(partitions: 4),
            after: Migration.perch.count
        )
        let error = #expect(throws: LocalServerError.self) { try server.psql(more, database: name) }
        #expect(error.map { "\($0)".contains("3 partitions in the database and 4 in the contract") } == true)
    }
}
