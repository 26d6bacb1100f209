import Testing

@testable import Postgres

/// Connections that end, and statements that the server has lost, while submitted transactions are outstanding.
@Suite(.timeLimit(.minutes(30))) struct SubmittedTransactionEndTests {
    private static let suicide: SQL = "SELECT pg_terminate_backend(pg_backend_pid())"

    /// Three transactions in flight, of which the second does what is given, and their errors.
    private func errors(
        _ connection: PostgresConnection,
        isLastAskedFirst: Bool = false,
        _ body: (borrowing Transaction) throws -> Void
    ) throws -> [PostgresError?] {
        func submit(_ body: (borrowing Transaction) throws -> Void) throws -> SubmittedTransaction {
            let tx = try connection.begin()
            try body(tx)
            return try tx.submit()
        }
        func error(_ submitted: consuming SubmittedTransaction) -> PostgresError? {
            do throws(PostgresError) {
                try submitted.outcome()
                return nil
            } catch {
                return error
            }
        }
        let first = try submit { try $0.execute("CREATE TABLE made (id int8)") }
        let second = try submit(body)
        let third = try submit { try $0.execute("CREATE TABLE more (id int8)") }
        if isLastAskedFirst {
            let last = error(third)
            return [error(first), error(second), last]
        }
        return [error(first), error(second), error(third)]
    }

    @Test(arguments: [true, false]) func aSessionThatEndsAtAStatementHasNotCommitted(isLastAskedFirst: Bool) throws {
        let connection = try TestDatabase().connect()
        let errors = try errors(connection, isLastAskedFirst: isLastAskedFirst) { tx in try tx.execute(Self.suicide) }
        #expect(errors[0] == nil)
        #expect(errors[1]?.code == .connectionLost && errors[1]?.sqlState == .adminShutdown)
        #expect(errors[1]?.statement == Self.suicide.text)
        #expect(errors[2]?.code == .connectionLost)
        #expect(connection.isDead)
    }

    @Test(arguments: [true, false]) func aSessionThatEndsInACommitLeavesOnlyThatUnclear(isLastAskedFirst: Bool) throws {
        let connection = try TestDatabase().connect()
        try connection.createTable(onCommit: "pg_terminate_backend(pg_backend_pid())")
        let errors = try errors(connection, isLastAskedFirst: isLastAskedFirst) { tx in
            try tx.execute("INSERT INTO t VALUES (1)")
        }
        #expect(errors.map { $0?.code } == [nil, .commitUnclear, .connectionLost])
        #expect(connection.isDead)
    }

    @Test func whatASilentServerOwesIsUnclear() throws {
        let database = try TestDatabase()
        let connection = try database.connect(replyTimeout: .milliseconds(300))
        let errors = try errors(connection) { tx in try tx.execute("SELECT pg_sleep(60)") }
        #expect(errors.map { $0?.code } == [nil, .commitUnclear, .commitUnclear])
        #expect(postgresError { try connection.execute("SELECT 1") }?.code == .timeout)
    }

    @Test func theEndOfAnEarlierOneIsALostConnectionToTheNext() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript("CREATE TABLE t (id int8)")
        for statement: SQL in [Self.suicide, "COPY t FROM STDIN"] {
            let connection = try TestDatabase().connect()
            try connection.executeScript("CREATE TABLE t (id int8)")
            let earlier = try connection.begin()
            try earlier.execute(statement)
            let first = try earlier.submit()
            let tx = try connection.begin()
            #expect(postgresError { _ = try tx.value("SELECT 1", as: Int.self) }?.code == .connectionLost)
            tx.rollback()
            var code: PostgresError.Code?
            do throws(PostgresError) { try first.outcome() } catch { code = error.code }
            // After COPY it is not known what the server did with COMMIT.
            #expect(code == (statement.text == Self.suicide.text ? .connectionLost : .commitUnclear))
        }
    }

    @Test func onADeadConnectionNothingIsSubmitted() throws {
        let database = try TestDatabase()
        let (connection, killer) = (try database.connect(), try database.connect())
        let tx = try connection.begin()
        #expect(try killer.value("SELECT pg_terminate_backend(\(connection.backendPID), 10000)") == true)
        #expect(postgresError { try tx.flush() }?.code == .connectionLost)
        var code: PostgresError.Code?
        do throws(PostgresError) { _ = try tx.submit() } catch { code = error.code }
        #expect(code == .connectionLost)
    }

    @Test func aConnectionIsDroppedWithResultsOutstanding() throws {
        let database = try TestDatabase()
        do {
            let connection = try database.connect()
            let tx = try connection.begin()
            try tx.execute("SELECT pg_sleep(0.05)")
            _ = try tx.submit()
            let next = try connection.begin()
            try next.execute("SELECT 1")
        }
        #expect(try database.connect().value("SELECT 1", as: Int.self) == 1)
    }

    @Test func aStalePlanFailsOneTransactionAndIsPreparedAnew() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript("CREATE TABLE t (a int8)")
        let sql: SQL = "SELECT * FROM t"
        #expect(try connection.query(sql) { $0.columnNames } == [])
        try connection.executeScript("ALTER TABLE t ADD b int8")
        let errors = try errors(connection) { tx in try tx.execute(sql) }
        #expect(errors[0] == nil)
        #expect(errors[1]?.isRetriable == true)
        #expect(errors[2]?.sqlState == .inFailedTransaction)
        #expect(try connection.transaction { tx in try tx.affectedRows(sql) } == 0)
    }

    @Test func statementsTheServerHasLostArePreparedAnew() throws {
        let connection = try TestDatabase().connect()
        try connection.transaction { tx in try tx.execute("SELECT \(1)") }
        try connection.executeScript("DEALLOCATE ALL")
        let errors = try errors(connection) { tx in try tx.execute("SELECT \(2)") }
        for error in errors { #expect(error?.isRetriable == true && error?.code == .server) }
        try connection.transaction { tx in try tx.execute("SELECT \(3)") }
        #expect(try connection.value("SELECT \(4)") == 4)
    }

    @Test func deallocationsInABlockThatAnEarlierOneLeftAreDoneLater() throws {
        var configuration = try TestDatabase().configuration()
        configuration.preparedStatementLimit = 4
        let connection = try PostgresConnection(configuration)
        for n in 0..<40 {
            let tx = try connection.begin()
            try tx.execute("SELECT 1 AS \(identifier: "c\(n)")")
            try tx.execute("SELECT 1 AS \(identifier: "d\(n)")")
            try tx.execute("SELECT 1 / \(0)")
            _ = try tx.submit()
            let next = try connection.begin()
            try next.execute("SELECT 1")
            next.rollback()
        }
        #expect(try connection.value("SELECT count(*) FROM pg_prepared_statements", as: Int.self) ?? 99 <= 8)
    }
}
