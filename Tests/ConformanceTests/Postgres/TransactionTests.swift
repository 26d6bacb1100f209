import Postgres
import Testing

@Suite(.timeLimit(.minutes(30))) struct TransactionTests {
    // Claim 13
    @Test func writesAreSeenByNobodyBeforeCOMMIT() throws {
        let database = try TestDatabase()
        let (writer, reader) = (try database.connect(), try database.connect())
        func seen() throws -> [Int] { try reader.values("SELECT id * 10 + value FROM items ORDER BY id") }

        let tx = try writer.begin()
        try tx.execute("INSERT INTO items VALUES (4, 0)")
        try tx.execute("UPDATE items SET value = 5 WHERE id = 1")
        try tx.execute("DELETE FROM items WHERE id = 2")
        #expect(try tx.values("SELECT id * 10 + value FROM items ORDER BY id") == [15, 30, 40])
        #expect(try seen() == [10, 20, 30])
        try tx.commit()
        #expect(try seen() == [15, 30, 40])
    }

    // Claim 16
    @Test func anErrorFreesTheRowLocksThoughTheTransactionIsOpen() throws {
        let database = try TestDatabase()
        let (failing, other) = (try database.connect(), try database.connect())
        let tx = try failing.begin()
        #expect(try tx.values("SELECT id FROM items WHERE id = 1 FOR UPDATE") == [1])
        #expect(try other.freeItems() == [2, 3])
        #expect(postgresError { _ = try tx.values("SELECT 1 / 0", as: Int.self) }?.sqlState == .divisionByZero)
        // The error is told a moment before the locks are freed: this waits for that moment, and not for the end of tx.
        try other.executeScript("SET lock_timeout = '20s'")
        #expect(try other.values("SELECT id FROM items WHERE id = 1 FOR UPDATE") == [1])
        tx.rollback()
    }

    // Claim 16
    @Test func afterAnErrorAllIsRefusedAndCOMMITRollsBack() throws {
        let database = try TestDatabase()
        let connection = try database.connect()
        let tx = try connection.begin()
        #expect(try tx.affectedRows("UPDATE items SET value = 5 WHERE id = 1") == 1)
        #expect(postgresError { _ = try tx.values("SELECT 1 / 0", as: Int.self) }?.sqlState == .divisionByZero)
        for _ in 0..<2 {
            #expect(postgresError { _ = try tx.values("SELECT 1", as: Int.self) }?.sqlState == .inFailedTransaction)
        }
        // No error of the server: it answers ROLLBACK.
        var end: PostgresError?
        do { try tx.commit() } catch { end = error }
        #expect(end?.code == .rolledBack)
        #expect(end?.sqlState == nil)
        #expect(try connection.values("SELECT value FROM items WHERE id = 1") == [0])
    }

    // Claim 22
    @Test func sequenceNumbersAreGivenAtInsertAndLeaveGapsAndDisorder() throws {
        let database = try TestDatabase()
        let (slow, fast) = (try database.connect(), try database.connect())
        try fast.executeScript("CREATE TABLE outbox (sequence int8 GENERATED ALWAYS AS IDENTITY, event text)")
        func seen() throws -> [Int] { try fast.values("SELECT sequence FROM outbox ORDER BY sequence") }

        let late = try slow.begin()
        #expect(try late.values("INSERT INTO outbox (event) VALUES ('late') RETURNING sequence") == [1])
        #expect(try fast.values("INSERT INTO outbox (event) VALUES ('early') RETURNING sequence") == [2])
        #expect(try seen() == [2])
        let lost = try fast.begin()
        #expect(try lost.values("INSERT INTO outbox (event) VALUES ('lost') RETURNING sequence") == [3])
        lost.rollback()
        #expect(try fast.values("INSERT INTO outbox (event) VALUES ('next') RETURNING sequence") == [4])
        #expect(try seen() == [2, 4])
        try late.commit()
        #expect(try seen() == [1, 2, 4])
    }

    // Claim 23
    @Test func whatIsSentBehindACommitThatIsRefusedRunsAllTheSame() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript(
            "CREATE TABLE once (value int4 UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO once VALUES (1)"
        )
        let first = try connection.begin()
        try first.execute("INSERT INTO once VALUES (1)")
        let refused = try first.submit()
        let second = try connection.begin()
        try second.execute("INSERT INTO once VALUES (2)")
        let committed = try second.submit()
        var end: PostgresError?
        do { try refused.outcome() } catch { end = error }
        #expect(end?.sqlState == .uniqueViolation)
        try committed.outcome()
        #expect(try connection.values("SELECT value FROM once ORDER BY value") == [1, 2])
    }
}
