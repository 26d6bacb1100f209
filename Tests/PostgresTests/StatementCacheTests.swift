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

    @Test func theLeastRecentlyUsedLeavesFirst() throws {
        var cache = StatementCache(limit: 2)
        var shapes = (["a", "b", "c"] as [SQL]).map(\.shape)
        func add(_ shape: StatementShape) throws -> Bool {
            cache.add(try Statement(Statement.Key(text: shape.text, types: shape.types)), at: shape)
        }
        #expect(try add(shapes[0]))
        #expect(try add(shapes[1]))
        #expect(cache.find(&shapes[0])?.name == "s1")
        #expect(try add(shapes[2]))
        #expect(cache.discarded.map(\.name) == ["s2"])
        #expect(cache.find(&shapes[1]) == nil)
        #expect(cache.find(&shapes[0])?.name == "s1")
    }

    @Test func statementsAreFoundInWhateverOrderTheyCome() throws {
        var cache = StatementCache(limit: 10)
        var shapes = (["a", "b", "c", "d"] as [SQL]).map(\.shape)
        let statements = try shapes.map { try Statement(Statement.Key(text: $0.text, types: $0.types)) }
        let order = [0, 1, 2, 3, 0, 1, 2, 3, 3, 3, 0, 2, 1, 0, 1, 3, 2, 1, 0, 0]
        func found() -> [Statement?] { order.map { cache.find(&shapes[$0]) } }
        func areFound(but missing: Int? = nil) -> Bool {
            zip(order, found()).allSatisfy { $1 === ($0 == missing ? nil : statements[$0]) }
        }
        for (shape, statement) in zip(shapes, statements) {
            let isAdded = cache.add(statement, at: shape)
            #expect(isAdded)
        }
        #expect(areFound())
        cache.discard(statements[1])
        #expect(areFound(but: 1))
        let isAdded = cache.add(statements[1], at: shapes[1])
        #expect(isAdded)
        #expect(areFound())
        cache.forgetAll()
        #expect(found().allSatisfy { $0 == nil })
    }

    @Test func shapesAreEqualOnlyIfAllPartsAre() {
        func shape(_ count: Int, otherAt other: Int? = nil) -> StatementShape {
            var shape = StatementShape()
            for index in 0..<count { shape.append(valueOf: PostgresType(oid: index == other ? 16 : 20)) }
            return shape
        }
        for count in 1...20 {
            #expect(shape(count) == shape(count))
            #expect(shape(count).hashValue == shape(count).hashValue)
            #expect(shape(count) != shape(count + 1))
            for other in 0..<count { #expect(shape(count) != shape(count, otherAt: other)) }
        }
    }

    @Test func statementsThatDifferOnlyInALatePartAreTwo() throws {
        func sum(of count: Int, _ end: StaticString) -> SQL {
            var interpolation = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
            interpolation.appendLiteral("SELECT ")
            for n in 0..<count {
                interpolation.appendInterpolation(n)
                interpolation.appendLiteral(" + ")
            }
            interpolation.appendInterpolation(raw: end)
            return SQL(stringInterpolation: interpolation)
        }
        let connection = try connect(limit: 500)
        for count in [1, 7, 8, 20] {
            let numbers = (0..<count).reduce(0, +)
            for _ in 0..<3 {
                #expect(try connection.value(sum(of: count, "10"), as: Int.self) == numbers + 10)
                #expect(try connection.value(sum(of: count, "20"), as: Int.self) == numbers + 20)
            }
        }
        #expect(connection.pipeline.preparedCount == 8)
    }

    @Test func theSameTextOfTwoPlacesIsOneStatement() throws {
        let connection = try connect(limit: 500)
        #expect(try connection.value("SELECT \(1) + 2", as: Int.self) == 3)
        #expect(try connection.value("SELECT \(2)\(raw: " + 2")", as: Int.self) == 4)
        let text = SQL(text: "SELECT 1 AS made")
        #expect(try connection.execute(text) == 1)
        #expect(try connection.execute("SELECT 1 AS made") == 1)
        #expect(connection.pipeline.preparedCount == 2)
    }

    @Test func placesOfAStatementThatHasLeftAreForgotten() throws {
        let connection = try connect(limit: 1)
        for n in 0..<3 {
            #expect(try connection.value("SELECT \(n) AS a", as: Int.self) == n)
            #expect(try connection.value("SELECT \(n) AS b", as: Int.self) == n)
        }
        #expect(try preparedOnServer(connection) <= 3)
    }
}
