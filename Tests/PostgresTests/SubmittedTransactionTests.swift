import Postgres
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(30))) struct SubmittedTransactionTests {
    private func connectWithTable() throws -> PostgresConnection {
        let connection = try TestDatabase().connect()
        try connection.executeScript(
            "CREATE TABLE t (id int8 PRIMARY KEY, parent int8 REFERENCES t DEFERRABLE INITIALLY DEFERRED)"
        )
        return connection
    }

    private func ids(_ connection: PostgresConnection) throws -> [Int] {
        try connection.query("SELECT id FROM t ORDER BY id") { try $0.decode("id") }
    }

    /// A submitted transaction that inserts rows of these ids.
    private func submit(_ ids: Int..., on connection: PostgresConnection) throws -> SubmittedTransaction {
        let tx = try connection.begin()
        for id in ids { try tx.execute("INSERT INTO t (id) VALUES (\(id))") }
        return try tx.submit()
    }

    private func error(of submitted: consuming SubmittedTransaction) -> PostgresError? {
        do throws(PostgresError) {
            try submitted.outcome()
            return nil
        } catch {
            return error
        }
    }

    /// The session is in no transaction, and the next one works.
    private func expectUsable(_ connection: PostgresConnection) throws {
        try connection.transaction { tx in try tx.execute("INSERT INTO t (id) VALUES (\(1000))") }
        try connection.execute("DELETE FROM t WHERE id = \(1000)")
    }

    @Test func theNextTransactionRunsBehindOneThatIsNotAwaited() throws {
        let connection = try connectWithTable()
        let first = try submit(1, on: connection)
        let tx = try connection.begin()
        #expect(try tx.value("SELECT count(*) FROM t", as: Int.self) == 1)
        try tx.execute("INSERT INTO t (id) VALUES (2)")
        let second = try tx.submit()
        try first.outcome()
        try second.outcome()
        #expect(try ids(connection) == [1, 2])
    }

    @Test func anOutcomeDoesNotWaitForTheTransactionsBehindIt() throws {
        let database = try TestDatabase()
        let (connection, holder) = (try database.connect(), try database.connect())
        try holder.executeScript("CREATE TABLE t (id int8 PRIMARY KEY)")
        let lock = try holder.begin()
        try lock.execute("INSERT INTO t VALUES (2)")
        try lock.flush()
        let first = try submit(1, on: connection)
        let second = try submit(2, on: connection)
        try first.outcome()
        #expect(try lock.value("SELECT count(*) FROM t", as: Int.self) == 2)
        lock.rollback()
        try second.outcome()
        #expect(try ids(connection) == [1, 2])
    }

    @Test func outcomesCanBeAskedForInAnyOrder() throws {
        let connection = try connectWithTable()
        let first = try submit(1, on: connection)
        let second = try submit(2, 99, on: connection)
        let third = try submit(2, on: connection)
        #expect(error(of: third)?.sqlState == .uniqueViolation)
        try first.outcome()
        try second.outcome()
        #expect(try ids(connection) == [1, 2, 99])
        try expectUsable(connection)
    }

    @Test func whatFollowsATransactionThatFailedBeforeItsCommitIsNotRun() throws {
        let connection = try connectWithTable()
        let first = try submit(1, 1, on: connection)
        let second = try submit(2, on: connection)
        let third = try submit(3, on: connection)
        let cause = error(of: first)
        #expect(cause?.code == .server && cause?.sqlState == .uniqueViolation)
        #expect(cause?.statement == "INSERT INTO t (id) VALUES ($1)")
        for later in [error(of: second), error(of: third)] {
            #expect(later?.sqlState == .inFailedTransaction)
            #expect(later?.statement?.hasPrefix("BEGIN") == true)
        }
        #expect(try ids(connection) == [])
        try expectUsable(connection)
    }

    @Test func anEarlierErrorIsKeptForItsOutcomeWhenALaterTransactionReads() throws {
        let connection = try connectWithTable()
        let first = try submit(1, 1, on: connection)
        let tx = try connection.begin()
        #expect(postgresError { _ = try tx.value("SELECT 1", as: Int.self) }?.sqlState == .inFailedTransaction)
        #expect(error(of: first)?.sqlState == .uniqueViolation)
        tx.rollback()
        try expectUsable(connection)
    }

    @Test(arguments: [true, false]) func aRollbackBehindAFailedTransactionLeavesACleanConnection(isAwaitedFirst: Bool)
        throws
    {
        let connection = try connectWithTable()
        let first = try submit(1, 1, on: connection)
        let tx = try connection.begin()
        try tx.execute("INSERT INTO t (id) VALUES (2)")
        if isAwaitedFirst {
            #expect(error(of: first)?.sqlState == .uniqueViolation)
            tx.rollback()
        } else {
            tx.rollback()
            #expect(error(of: first)?.sqlState == .uniqueViolation)
        }
        #expect(!connection.isDead)
        #expect(try ids(connection) == [])
        try expectUsable(connection)
    }

    /// Else it would go on in the earlier one's block and commit a part of that.
    @Test func aTransactionThatNeverBeganCannotGoBackToASavepointOfAnEarlierOne() throws {
        let connection = try connectWithTable()
        let earlier = try connection.begin()
        try earlier.execute("INSERT INTO t (id) VALUES (1)")
        try earlier.execute("SAVEPOINT s")
        try earlier.execute("INSERT INTO t (id) VALUES (1)")
        let first = try earlier.submit()
        let tx = try connection.begin()
        try tx.execute("SAVEPOINT s")
        #expect(postgresError { try tx.flush() }?.sqlState == .inFailedTransaction)
        #expect(postgresError { try tx.execute("ROLLBACK TO SAVEPOINT s") }?.code == .rolledBack)
        #expect(postgresError { try tx.flush() }?.code == .rolledBack)
        tx.rollback()
        #expect(error(of: first)?.sqlState == .uniqueViolation)
        #expect(try ids(connection) == [])
        try expectUsable(connection)
    }

    @Test(arguments: [true, false]) func anErrorOfCommitItselfDoesNotHinderTheNext(isReadByTheNext: Bool) throws {
        let connection = try connectWithTable()
        let earlier = try connection.begin()
        try earlier.execute("INSERT INTO t (id, parent) VALUES (1, 99)")
        let first = try earlier.submit()
        let tx = try connection.begin()
        try tx.execute("INSERT INTO t (id) VALUES (2)")
        if isReadByTheNext { try tx.flush() }
        let second = try tx.submit()
        let cause = error(of: first)
        #expect(cause?.sqlState == .foreignKeyViolation && cause?.statement == "COMMIT")
        try second.outcome()
        #expect(try ids(connection) == [2])
    }

    @Test func aCommitThatRolledBackDoesNotHinderTheNext() throws {
        let connection = try connectWithTable()
        let earlier = try connection.begin()
        try earlier.execute("INSERT INTO t (id) VALUES (1)")
        #expect(postgresError { _ = try earlier.value("SELECT 1 / \(0)", as: Int.self) } != nil)
        let first = try earlier.submit()
        let second = try submit(2, on: connection)
        #expect(error(of: first)?.code == .rolledBack)
        try second.outcome()
        #expect(try ids(connection) == [2])
    }

    @Test(arguments: [true, false]) func aLongTransactionBehindASubmittedOneHasOnlyItsOwnErrors(
        failsAtCommit: Bool
    ) throws {
        let connection = try connectWithTable()
        let earlier = try connection.begin()
        try earlier.execute("INSERT INTO t (id, parent) VALUES (1, 99)")
        if !failsAtCommit { try earlier.execute("INSERT INTO t (id) VALUES (1)") }
        let first = try earlier.submit()
        let failure = postgresError {
            try connection.transaction { tx in
                for id in 1...9000 { try tx.execute("INSERT INTO t (id) VALUES (\(id))") }
            }
        }
        #expect(failure?.sqlState == (failsAtCommit ? nil : .inFailedTransaction))
        #expect(error(of: first)?.sqlState == (failsAtCommit ? .foreignKeyViolation : .uniqueViolation))
        #expect(try ids(connection).count == (failsAtCommit ? 9000 : 0))
    }

    @Test func moreThanAMebibyteIsQueuedBehindASubmittedTransaction() throws {
        let connection = try connectWithTable()
        let first = try submit(1, on: connection)
        let text = String(repeating: "x", count: 100_000)
        let tx = try connection.begin()
        for _ in 0..<40 { try tx.execute("SELECT \(text)") }
        let second = try tx.submit()
        try first.outcome()
        try second.outcome()
    }

    @Test func manyTransactionsCanBeSubmittedAtOnce() throws {
        let connection = try connectWithTable()
        for id in 1...3000 { _ = try submit(id, on: connection) }
        #expect(try ids(connection) == Array(1...3000))
    }

    @Test func singleStatementsAndScriptsRunBehindSubmittedTransactions() throws {
        let connection = try connectWithTable()
        let first = try submit(1, on: connection)
        #expect(try ids(connection) == [1])
        let second = try submit(2, 2, on: connection)
        #expect(try connection.execute("INSERT INTO t (id) VALUES (3)") == 1)
        let third = try submit(4, 4, on: connection)
        try connection.executeScript("INSERT INTO t (id) VALUES (5)")
        try first.outcome()
        #expect(error(of: second)?.sqlState == .uniqueViolation)
        #expect(error(of: third)?.sqlState == .uniqueViolation)
        #expect(try ids(connection) == [1, 3, 5])
    }

    @Test func whatADroppedOneAnswersReachesNobody() throws {
        let connection = try connectWithTable()
        _ = try submit(1, on: connection)
        _ = try submit(2, 2, on: connection)
        let tx = try connection.begin()
        tx.rollback()
        let last = try submit(3, on: connection)
        try last.outcome()
        #expect(try ids(connection) == [1, 3])
    }

    @Test func aTransactionIsOpenUntilItIsSubmitted() throws {
        let connection = try connectWithTable()
        let first = try submit(1, on: connection)
        let tx = try connection.begin()
        #expect(postgresError { _ = try connection.begin() }?.code == .misuse)
        #expect(postgresError { try connection.execute("SELECT 1") }?.code == .misuse)
        try tx.commit()
        try first.outcome()
    }

    @Test func actionsRunWhenTheCommitIsKnown() throws {
        let connection = try connectWithTable()
        let ran = Mutex([Int]())
        func submit(_ id: Int, _ note: Int) throws -> SubmittedTransaction {
            let tx = try connection.begin()
            tx.afterCommit { ran.withLock { $0.append(note) } }
            try tx.execute("INSERT INTO t (id) VALUES (\(id))")
            return try tx.submit()
        }
        let first = try submit(1, 1)
        let second = try submit(2, 2)
        let third = try submit(1, 3)
        #expect(ran.withLock { $0 } == [])
        try first.outcome()
        #expect(ran.withLock { $0 } == [1])
        try second.outcome()
        #expect(error(of: third) != nil)
        #expect(ran.withLock { $0 } == [1, 2])
    }
}
