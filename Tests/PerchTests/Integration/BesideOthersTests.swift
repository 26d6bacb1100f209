import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// What docs/beside-others.md shows, by a client that has no code of Perch: psql, with bound parameters.
@Suite(.timeLimit(.minutes(30))) struct BesideOthersTests {
    /// The page's statement.
    private static func statement() throws -> String {
        let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let page = try String(contentsOf: root.appendingPathComponent("docs/beside-others.md"), encoding: .utf8)
        let block = try #require(page.firstMatch(of: /```sql\n(INSERT (?:.|\n)*?)\n```/))
        return String(block.1)
    }

    /// A service's own row, and a role that has the rights of the page.
    private static func prepare(_ system: RunningSystem, role: String) async throws {
        try system.postgres.psql(
            """
            CREATE TABLE accounts (id text PRIMARY KEY, cents bigint NOT NULL);
            INSERT INTO accounts VALUES ('order-1', 0);
            CREATE ROLE \(role);
            GRANT ALL ON accounts TO \(role);
            GRANT USAGE ON SCHEMA perch TO \(role);
            GRANT INSERT ON perch.outbox TO \(role);
            GRANT SELECT ON perch.topics TO \(role);
            """,
            database: try name(system)
        )
    }

    private static func name(_ system: RunningSystem) throws -> String {
        try #require(URL(string: system.url(of: "shop"))).lastPathComponent
    }

    /// Another client's transaction: it changes a row, and publishes for it.
    private static func pay(
        _ cents: Int,
        _ system: RunningSystem,
        as role: String,
        begin: String = "BEGIN",
        end: String = "COMMIT"
    ) async throws {
        let data = String(decoding: try EventCoding.encode(KitOrder("order-1", cents: cents)), as: UTF8.self)
        try system.postgres.psql(
            """
            \(begin);
            SET LOCAL ROLE \(role);
            SELECT FROM accounts WHERE id = 'order-1' FOR UPDATE;
            PREPARE publish AS \(statement());
            UPDATE accounts SET cents = \(cents) WHERE id = 'order-1';
            EXECUTE publish(gen_random_uuid(), 'orders', 'order_placed', 1, 'order-1', now(), '\(data)');
            \(end);
            """,
            database: try name(system)
        )
    }

    @Test func whatAnotherClientCommitsIsHandledOnceInOrderAndWhatItRollsBackIsNot() async throws {
        let role = "teller_\(UInt64.random(in: 0 ... .max))"
        try await withPerch(contract: KitShop.contract(), services: [TestService("shop"), KitShop.billing]) { system in
            try await Self.prepare(system, role: role)
            try await Self.pay(1, system, as: role)
            try await Self.pay(2, system, as: role, end: "ROLLBACK")
            try await Self.pay(3, system, as: role, begin: "BEGIN ISOLATION LEVEL SERIALIZABLE")
            // What comes of Perch's own client takes its place behind it.
            try await system.publish(KitOrder("order-1", cents: 4))
            try await system.settle()
            #expect(try await system.published(KitOrder.self).map(\.cents) == [1, 3, 4])
            let booked = try await system["billing"].query("SELECT cents FROM revenue ORDER BY cents") {
                try $0.decode(0, as: Int.self)
            }
            #expect(booked == [1, 3, 4])
        }
    }

    @Test func whatIsNotAsTheContractSaysIsSetAsideByTheRelay() async throws {
        let role = "teller_\(UInt64.random(in: 0 ... .max))"
        try await withPerch(contract: KitShop.contract(), services: [TestService("shop"), KitShop.billing]) { system in
            try await Self.prepare(system, role: role)
            try await Self.pay(-1, system, as: role)
            let thrown = await #expect(throws: UnsettledSystem.self) { try await system.settle() }
            #expect(thrown?.description.contains("cents") == true, "\(String(describing: thrown))")
        }
    }
}
