import Testing

@testable import Postgres

@Suite struct StatementCacheTests {
    private func connect(limit: Int) throws -> PostgresConnection {
        var configuration = try TestDatabase().configuration()
        configuration.preparedStatementLimit = limit
        return try PostgresConnection(configuration)
    }

    private func preparedOnServer(_ connection: PostgresConnection) throws -> Int {
        try connection.value("SELECT count(*) FROM pg_prepared_statements", as: Int.self) ?? -1
    }

    @Test func aStatementIsPreparedOncePerTextAndTypes() throws {
        let connection = try connect(limit: 500)
        for n in 0..<20 { #expect(try connection.value("SELECT \(n) + 1", as: Int.self) == n + 1) }
        #expect(try connection.value("SELECT \(1.5) + 1", as: Double.self) == 2.5)
        let uses = try connection.query("SELECT statement FROM pg_prepared_statements ORDER BY 1") { row in
            try row.decode("statement", as: String.self)
        }
        #expect(uses.filter { $0 == "SELECT $1 + 1" }.count == 2)
        #expect(uses.count == 3)
    }

    @Test func thePreparedStatementsAreBoundedHereAndOnTheServer() throws {
        let connection = try connect(limit: 10)
        for n in 0..<100 {
            #expect(try connection.value("SELECT \(n) AS \(identifier: "c\(n)")", as: Int.self) == n)
        }
        #expect(connection.pipeline.preparedCount <= 10)
        #expect(try preparedOnServer(connection) <= 12)
    }

    @Test func aTransactionOfManyTextsIsBoundedToo() throws {
        let connection = try connect(limit: 10)
        try connection.transaction { tx in
            for n in 0..<100 { try tx.execute("SELECT \(n) AS \(identifier: "c\(n)")") }
            #expect(try tx.value("SELECT count(*) FROM pg_prepared_statements", as: Int.self) ?? 99 <= 21)
        }
        #expect(try preparedOnServer(connection) <= 12)
    }

    @Test func aPrepareThatWasSkippedIsForgotten() throws {
        let connection = try connect(limit: 500)
        let error = postgresError {
            try connection.transaction { tx in
                try tx.execute("SELECT 1 / \(0)")
                try tx.execute("SELECT \(7) AS skipped")
            }
        }
        #expect(error?.sqlState == .divisionByZero)
        #expect(try connection.value("SELECT \(7) AS skipped", as: Int.self) == 7)
        #expect(try connection.value("SELECT \(8) AS skipped", as: Int.self) == 8)
    }

    @Test func aPrepareThatFailedIsForgotten() throws {
        let connection = try connect(limit: 500)
        #expect(postgresError { try connection.execute("SELECT * FROM later") }?.sqlState == .undefinedTable)
        try connection.executeScript("CREATE TABLE later (id int8)")
        #expect(try connection.execute("SELECT * FROM later") == 0)
    }

    @Test func aStalePlanIsPreparedAnew() throws {
        let connection = try connect(limit: 500)
        try connection.executeScript("CREATE TABLE t (a int8); INSERT INTO t VALUES (1)")
        let sql: SQL = "SELECT * FROM t"
        #expect(try connection.query(sql) { $0.columnNames } == [["a"]])
        try connection.executeScript("ALTER TABLE t ADD b int8")
        #expect(try connection.query(sql) { $0.columnNames } == [["a", "b"]])
        try connection.executeScript("ALTER TABLE t ADD c int8")
        let error = postgresError { try connection.transaction { tx in try tx.execute(sql) } }
        #expect(error?.isRetriable == true)
        let names = try connection.transaction { tx in try tx.query(sql) { $0.columnNames } }
        #expect(names == [["a", "b", "c"]])
    }

    @Test func statementsTheServerHasLostArePreparedAnew() throws {
        let connection = try connect(limit: 500)
        try connection.transaction { tx in try tx.execute("SELECT \(1)") }
        #expect(try connection.value("SELECT \(2)") == 2)
        try connection.executeScript("DEALLOCATE ALL")
        #expect(try connection.value("SELECT \(3)") == 3)
        try connection.executeScript("DEALLOCATE ALL")
        let error = postgresError { try connection.transaction { tx in try tx.execute("SELECT \(4)") } }
        #expect(error?.sqlState == .invalidStatementName)
        #expect(error?.isRetriable == true)
        try connection.transaction { tx in try tx.execute("SELECT \(5)") }
        #expect(try connection.value("SELECT \(6)") == 6)
    }

    @Test func aDeallocationThatFailsHurtsNobody() throws {
        let connection = try connect(limit: 2)
        for n in 0..<3 { try connection.execute("SELECT 1 AS \(identifier: "c\(n)")") }
        try connection.executeScript("DEALLOCATE ALL")
        for n in 3..<9 {
            try? connection.transaction { tx in try tx.execute("SELECT 1 AS \(identifier: "c\(n)")") }
        }
        #expect(try connection.value("SELECT 1", as: Int.self) == 1)
        #expect(try preparedOnServer(connection) <= 4)
    }

    @Test func theLeastRecentlyUsedLeavesFirst() {
        var cache = StatementCache(limit: 2)
        let keys = ["a", "b", "c"].map { StatementKey(text: $0, types: []) }
        _ = cache.look(up: keys[0])
        _ = cache.look(up: keys[1])
        _ = cache.look(up: keys[0])
        _ = cache.look(up: keys[2])
        #expect(cache.discarded == ["s2"])
        if case .prepared("s1") = cache.look(up: keys[0]) {} else { Issue.record("a has left") }
    }
}
