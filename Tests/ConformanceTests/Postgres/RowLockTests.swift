import Postgres
import Testing

@Suite(.timeLimit(.minutes(30))) struct RowLockTests {
    // Claim 14
    @Test func SKIPLOCKEDNeverWaitsAndLocksWhatItReturns() throws {
        let database = try TestDatabase()
        let (first, second, third) = (try database.connect(), try database.connect(), try database.connect())
        let one = try first.begin()
        #expect(try one.values("SELECT id FROM items WHERE id = 2 FOR UPDATE") == [2])
        let two = try second.begin()
        #expect(try two.values("SELECT id FROM items ORDER BY id FOR UPDATE SKIP LOCKED") == [1, 3])
        #expect(try third.freeItems() == [])
        try one.commit()
        #expect(try third.freeItems() == [2])
        two.rollback()
        #expect(try third.freeItems() == [1, 2, 3])
    }

    // Claim 14
    @Test func aStatementAfterTheLockSeesWhatWasCommittedBeforeIt() throws {
        let database = try TestDatabase()
        let (writer, reader) = (try database.connect(), try database.connect())
        let before = try writer.begin()
        #expect(try before.values("SELECT id FROM items WHERE id = 1 FOR UPDATE") == [1])
        #expect(try before.affectedRows("INSERT INTO items VALUES (4, 0)") == 1)
        let tx = try reader.begin()
        #expect(try tx.values("SELECT count(*) FROM items") == [3])
        #expect(try tx.values("SELECT id FROM items WHERE id = 1 FOR UPDATE SKIP LOCKED", as: Int.self) == [])
        try before.commit()
        #expect(try tx.values("SELECT id FROM items WHERE id = 1 FOR UPDATE SKIP LOCKED") == [1])
        #expect(try tx.values("SELECT count(*) FROM items") == [4])
        tx.rollback()
    }

    // Claim 15
    @Test(
        arguments: [
            ("SELECT value FROM items WHERE id = 1 FOR UPDATE", [5]),
            ("UPDATE items SET value = value + 1 WHERE id = 1 RETURNING value", [6]),
            ("UPDATE items SET value = 7 WHERE id = 1 AND value = 0 RETURNING value", []),
        ] as [(StaticString, [Int])]
    ) func aStatementThatWaitedForARowLooksAtItsNewestState(_ statement: StaticString, _ found: [Int]) async throws {
        let database = try TestDatabase()
        let (holder, observer) = (try database.connect(), try database.connect())
        let client = try database.client()
        let pid = try await client.pid()
        let tx = try holder.begin()
        #expect(try tx.affectedRows("UPDATE items SET value = 5 WHERE id = 1") == 1)
        async let values = client.transaction { try $0.values("\(raw: statement)", as: Int.self) }
        try await until { try observer.sees(pid, waitFor: holder.backendPID) }
        try tx.commit()
        let seen = try await values
        #expect(try seen.get() == found)
    }

    // Claim 15
    @Test func aRowWhoseHolderRollsBackIsFoundAsItWas() async throws {
        let database = try TestDatabase()
        let (holder, observer) = (try database.connect(), try database.connect())
        let client = try database.client()
        let pid = try await client.pid()
        let tx = try holder.begin()
        #expect(try tx.affectedRows("UPDATE items SET value = 5 WHERE id = 1") == 1)
        async let values = client.transaction {
            try $0.values("SELECT value FROM items WHERE id = 1 FOR UPDATE", as: Int.self)
        }
        try await until { try observer.sees(pid, waitFor: holder.backendPID) }
        tx.rollback()
        let seen = try await values
        #expect(try seen.get() == [0])
    }

    // Claim 21
    @Test func lockTimeoutEndsAWaitForARowAndTheIdleTimeoutDoesNot() throws {
        let database = try TestDatabase()
        let (holder, waiter) = (try database.connect(), try database.connect())
        let tx = try holder.begin()
        #expect(try tx.values("SELECT id FROM items WHERE id = 1 FOR UPDATE") == [1])
        // The shorter of the two passes in vain.
        try waiter.executeScript("SET idle_in_transaction_session_timeout = '1ms'; SET lock_timeout = '200ms'")
        let error = postgresError { try waiter.executeScript("SELECT id FROM items WHERE id = 1 FOR UPDATE") }
        #expect(error?.sqlState == .lockNotAvailable)
        #expect(!waiter.isDead)
        #expect(try waiter.freeItems() == [2, 3])
        tx.rollback()
    }

    // Claims 18 and 21
    @Test func aClientThatDiesWhileItsBackendWaitsKeepsItsLocksUntilTheWaitIsOver() async throws {
        let database = try TestDatabase()
        let (holder, observer) = (try database.connect(), try database.connect())
        let tx = try holder.begin()
        #expect(try tx.values("SELECT id FROM items WHERE id = 1 FOR UPDATE") == [1])
        let client = try ClientProcess(
            database,
            "BEGIN",
            "SELECT id FROM items WHERE id = 2 FOR UPDATE",
            "SELECT id FROM items WHERE id = 1 FOR UPDATE"
        )
        let waiting: SQL = "SELECT pid FROM pg_stat_activity WHERE \(holder.backendPID) = ANY (pg_blocking_pids(pid))"
        try await until { try observer.values(waiting, as: Int32.self).count == 1 }
        let pid = try #require(try observer.values(waiting, as: Int32.self).first)
        client.kill()
        #expect(try observer.values("SHOW client_connection_check_interval") == ["0"])
        #expect(try observer.sees(pid, waitFor: holder.backendPID))
        #expect(try observer.freeItems() == [3])
        try tx.commit()
        try await until { try !observer.hasBackend(pid) }
        #expect(try observer.freeItems() == [1, 2, 3])
    }
}
