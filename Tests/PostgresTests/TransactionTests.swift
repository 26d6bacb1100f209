import Postgres
import Testing

@Suite struct TransactionTests {
    private func connectWithTable() throws -> PostgresConnection {
        let connection = try TestDatabase().connect()
        try connection.executeScript("CREATE TABLE t (id int8 PRIMARY KEY, note text)")
        return connection
    }

    private func ids(_ connection: PostgresConnection) throws -> [Int] {
        try connection.query("SELECT id FROM t ORDER BY id") { try $0.decode("id") }
    }

    @Test func queuedStatementsAreCommittedInOrder() throws {
        let connection = try connectWithTable()
        let tx = try connection.begin()
        for id in 1...50 { try tx.execute("INSERT INTO t VALUES (\(id), 'a')") }
        try tx.execute("UPDATE t SET note = 'b' WHERE id <= \(10)")
        try tx.commit()
        #expect(try ids(connection) == Array(1...50))
        #expect(try connection.value("SELECT count(*) FROM t WHERE note = 'b'", as: Int.self) == 10)
    }

    @Test func aQuerySeesWhatWasQueuedBeforeIt() throws {
        let connection = try connectWithTable()
        try connection.transaction { tx in
            try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
            #expect(try tx.value("SELECT count(*) FROM t", as: Int.self) == 1)
            #expect(try tx.affectedRows("UPDATE t SET note = 'b'") == 1)
            try tx.flush()
        }
        #expect(try ids(connection) == [1])
    }

    @Test func anErrorOfAQueuedStatementSurfacesAtCommitAndNamesIt() throws {
        let connection = try connectWithTable()
        let tx = try connection.begin()
        try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
        try tx.execute("INSERT INTO t (id) VALUES (\(1))")
        try tx.execute("INSERT INTO t VALUES (\(2), 'c')")
        var error: PostgresError?
        do throws(PostgresError) {
            try tx.commit()
        } catch let failure {
            error = failure
        }
        #expect(error?.code == .server)
        #expect(error?.sqlState == .uniqueViolation)
        #expect(error?.constraint == "t_pkey")
        #expect(error?.statement == "INSERT INTO t (id) VALUES ($1)")
        #expect(error?.detail == "Key (id)=(1) already exists.")
        #expect(error?.description.contains("(1)") == false)
        #expect(error?.fullDescription.contains("Key (id)=(1) already exists.") == true)
        #expect(error?.isRetriable == false && error?.isConnectionDead == false)
        #expect(try ids(connection) == [])
        try connection.transaction { tx in try tx.execute("INSERT INTO t VALUES (\(3), 'd')") }
        #expect(try ids(connection) == [3])
    }

    @Test func anErrorOfAQueuedStatementSurfacesAtTheNextQueryAndNamesIt() throws {
        let connection = try connectWithTable()
        let error = postgresError {
            try connection.transaction { tx in
                try tx.execute("INSERT INTO nowhere VALUES (\(1))")
                try tx.execute("INSERT INTO t VALUES (\(2), 'c')")
                _ = try tx.value("SELECT 1", as: Int.self)
            }
        }
        #expect(error?.sqlState == .undefinedTable)
        #expect(error?.statement == "INSERT INTO nowhere VALUES ($1)")
        #expect(try ids(connection) == [])
    }

    @Test func aCommitOfAFailedTransactionReportsRolledBack() throws {
        let connection = try connectWithTable()
        let error = postgresError {
            try connection.transaction { tx in
                try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
                // Swallowed: only the command tag of COMMIT tells.
                #expect(
                    postgresError { _ = try tx.value("SELECT 1 / \(0)", as: Int.self) }?.sqlState == .divisionByZero
                )
            }
        }
        #expect(error?.code == .rolledBack)
        #expect(try ids(connection) == [])
        #expect(!connection.isDead)
    }

    @Test func aSavepointUndoesAnError() throws {
        let connection = try connectWithTable()
        try connection.transaction { tx in
            try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
            try tx.execute("SAVEPOINT s")
            try tx.execute("INSERT INTO t VALUES (\(1), 'again')")
            #expect(postgresError { try tx.flush() }?.sqlState == .uniqueViolation)
            try tx.execute("\n ROLLBACK WORK TO SAVEPOINT s")
            try tx.execute("INSERT INTO t VALUES (\(2), 'b')")
        }
        #expect(try ids(connection) == [1, 2])
    }

    /// Between two queries the server has to know that it waits for us, and for nothing else.
    @Test(arguments: [true, false]) func theServerEndsATransactionThatFallsSilent(afterAQuery: Bool) throws {
        let connection = try connectWithTable()
        let other = try TestDatabase().connect()
        let backend = connection.backendPID
        var looks = 0
        #expect(throws: PostgresError.self) {
            try connection.transaction { tx in
                try tx.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
                try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
                if afterAQuery { _ = try tx.value("SELECT count(*) FROM t", as: Int.self) } else { try tx.flush() }
                while try other.value("SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)", as: Int.self) != 0
                {
                    looks += 1
                    guard looks < 500 else { return }
                    _ = try other.execute("SELECT pg_sleep(0.01)")
                }
            }
        }
        #expect(looks < 500)
    }

    @Test func aDroppedTransactionIsRolledBack() throws {
        let connection = try connectWithTable()
        do {
            let tx = try connection.begin()
            try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
        }
        do {
            let tx = try connection.begin()
            try tx.execute("INSERT INTO nowhere VALUES (\(1))")
        }
        #expect(try ids(connection) == [])
        #expect(
            try connection.value(
                "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode LIKE 'Row%' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                as: Int.self
            ) == 0
        )
    }

    @Test func aThrowingClosureRollsBackAndItsErrorIsThrown() throws {
        struct Refused: Error {}
        let connection = try connectWithTable()
        #expect(throws: Refused.self) {
            try connection.transaction { tx in
                try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
                throw Refused()
            }
        }
        #expect(try ids(connection) == [])
    }

    @Test func anErrorOfCommitItselfRollsBack() throws {
        let connection = try connectWithTable()
        try connection.executeScript("ALTER TABLE t ADD note_id int8 REFERENCES t DEFERRABLE INITIALLY DEFERRED")
        let error = postgresError {
            try connection.transaction { tx in try tx.execute("INSERT INTO t VALUES (\(1), 'a', \(99))") }
        }
        #expect(error?.sqlState == .foreignKeyViolation)
        #expect(error?.statement == "COMMIT")
        #expect(try ids(connection) == [])
    }

    @Test func onlyOneTransactionIsOpenAtATime() throws {
        let connection = try connectWithTable()
        try connection.transaction { _ in
            #expect(postgresError { try connection.transaction { _ in } }?.code == .misuse)
            #expect(postgresError { try connection.execute("SELECT 1") }?.code == .misuse)
            #expect(postgresError { try connection.executeScript("SELECT 1") }?.code == .misuse)
        }
        #expect(try connection.execute("INSERT INTO t VALUES (\(1))") == 1)
    }

    @Test(arguments: ["BEGIN", "commit", " \n Rollback;", "END", "abort;", "START TRANSACTION"])
    func transactionsAreNotTypedAsSQL(text: String) throws {
        let connection = try connectWithTable()
        let sql = SQL(text: text)
        #expect(postgresError { try connection.transaction { tx in try tx.execute(sql) } }?.code == .misuse)
        #expect(postgresError { try connection.execute(sql) }?.code == .misuse)
        #expect(try ids(connection) == [])
    }

    @Test func aSerializationFailureIsRetriable() throws {
        let database = try TestDatabase()
        let (first, second) = (try database.connect(), try database.connect())
        try first.executeScript("CREATE TABLE t (id int8 PRIMARY KEY, n int8); INSERT INTO t VALUES (1, 0)")
        let error = postgresError {
            try first.transaction(isolation: .repeatableRead) { tx in
                _ = try tx.value("SELECT n FROM t", as: Int.self)
                try second.execute("UPDATE t SET n = n + 1")
                try tx.execute("UPDATE t SET n = n + 1")
            }
        }
        #expect(error?.sqlState == .serializationFailure)
        #expect(error?.isRetriable == true)
        #expect(try first.value("SELECT n FROM t", as: Int.self) == 1)
    }

    @Test func aDecoderThatThrowsLeavesTheTransactionWhole() throws {
        let connection = try connectWithTable()
        try connection.transaction { tx in
            try tx.execute("INSERT INTO t VALUES (\(1), 'a')")
            #expect(postgresError { _ = try tx.value("SELECT note FROM t", as: Int.self) }?.code == .decoding)
            try tx.execute("INSERT INTO t VALUES (\(2), 'b')")
        }
        #expect(try ids(connection) == [1, 2])
    }

    @Test func aQueryInsideADecoderRuns() throws {
        let connection = try connectWithTable()
        let sums = try connection.transaction { tx in
            try tx.query("SELECT n FROM generate_series(1, 3) AS n") { row in
                let n: Int = try row.decode("n")
                return try tx.value("SELECT \(n) * 10", as: Int.self) ?? 0
            }
        }
        #expect(sums == [10, 20, 30])
    }

    @Test func aScriptIsAllOrNothing() throws {
        let connection = try connectWithTable()
        try connection.executeScript("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
        #expect(
            postgresError { try connection.executeScript("INSERT INTO t VALUES (3); SELEKT") }?.sqlState == .syntaxError
        )
        #expect(postgresError { try connection.executeScript("BEGIN; INSERT INTO t VALUES (4); SELECT 1/0") } != nil)
        #expect(postgresError { try connection.executeScript("BEGIN; INSERT INTO t VALUES (5)") }?.code == .misuse)
        #expect(try ids(connection) == [1, 2])
        try connection.transaction { tx in try tx.execute("INSERT INTO t VALUES (6)") }
        #expect(try ids(connection) == [1, 2, 6])
    }

    @Test func copyIsRefusedAndEndsTheConnection() throws {
        let connection = try connectWithTable()
        #expect(postgresError { try connection.execute("COPY t FROM STDIN") }?.code == .misuse)
        #expect(connection.isDead)
    }
}
