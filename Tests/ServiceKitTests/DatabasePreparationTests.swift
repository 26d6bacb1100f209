import LocalServers
import Perch
import Postgres
import ServiceKit
import Testing

@Suite struct DatabasePreparationTests {
    private let shop = ServiceDescription(
        name: "shop",
        migrations: [Migration(version: 1, name: "orders", sql: "CREATE TABLE orders (id int)")],
        grants: { role in "GRANT SELECT ON orders TO \(DatabaseRole.quoted(role));" }
    )
    private func contract(partitions: Int) -> Contract {
        Contract(topics: [
            TopicContract(name: "orders", owner: "shop", key: "id", partitions: partitions, events: []),
            TopicContract(name: "parcels", owner: "post", key: "id", partitions: 2, events: []),
        ])
    }

    @Test func aDatabaseIsPreparedOnceAndOwnTopicsOnlyAreDeclared() throws {
        let url = try LocalPostgres.shared().createDatabase()
        let connection = try PostgresConnection(PostgresConfiguration(url: url))
        let first = try DatabasePreparation.run(
            connection: connection,
            service: shop,
            contract: contract(partitions: 3)
        )
        #expect(first.applied.contains("perch 1 outbox") && first.applied.last == "shop 1 orders")
        #expect(first.topics == ["orders"])
        let second = try DatabasePreparation.run(
            connection: connection,
            service: shop,
            contract: contract(partitions: 3)
        )
        #expect(second.applied.isEmpty)
        let partitions = try connection.query("SELECT topic || ':' || partition FROM perch.partitions ORDER BY 1") {
            try $0.decode(0, as: String.self)
        }
        #expect(partitions == ["orders:0", "orders:1", "orders:2"])
        #expect(throws: PartitionsChanged.self) {
            try DatabasePreparation.run(connection: connection, service: shop, contract: contract(partitions: 4))
        }
    }

    @Test func anOwnersURLMigratesAndTheServicesOwnRoleGetsItsRights() throws {
        let server = try LocalPostgres.shared()
        let role = "clerk \(UInt64.random(in: .min ... .max))"
        try server.psql("CREATE ROLE \"\(role)\" LOGIN")
        let owner = try server.createDatabase()
        let name = owner.split(separator: "/").last.map(String.init) ?? ""
        let app = server.url(database: name, user: role)
        let environment = ["SHOP_DATABASE_URL": app, "SHOP_DATABASE_OWNER_URL": owner]
        let settings = try Settings.load(environment: environment, declared: shop.settings)
        try DatabasePreparation.run(service: shop, settings: settings, contract: contract(partitions: 1))
        let connection = try PostgresConnection(PostgresConfiguration(url: app))
        #expect(try connection.execute("SELECT * FROM orders") == 0)
        #expect(throws: PostgresError.self) { try connection.execute("INSERT INTO orders VALUES (1)") }
        #expect(throws: PostgresError.self) { try connection.execute("CREATE TABLE public.more (id int)") }
    }
}
