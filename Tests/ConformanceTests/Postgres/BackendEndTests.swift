import Postgres
import Testing

@Suite(.timeLimit(.minutes(30))) struct BackendEndTests {
    // Claim 17
    @Test func terminatingABackendRollsBackAndFreesItsRows() throws {
        let database = try TestDatabase()
        let (victim, other) = (try database.connect(), try database.connect())
        let tx = try victim.begin()
        #expect(try tx.affectedRows("UPDATE items SET value = 5 WHERE id = 1") == 1)
        #expect(try other.freeItems() == [2, 3])
        let pid = victim.backendPID
        #expect(try other.values("SELECT pg_terminate_backend(\(pid), 20000)") == [true])
        #expect(try other.freeItems() == [1, 2, 3])
        #expect(try other.values("SELECT value FROM items WHERE id = 1") == [0])
        let error = postgresError { _ = try tx.values("SELECT 1", as: Int.self) }
        #expect(error?.isConnectionDead == true)
        tx.rollback()
    }

    // Claim 17
    @Test func terminatingABackendEndsItsWaitForARow() async throws {
        let database = try TestDatabase()
        let (holder, observer) = (try database.connect(), try database.connect())
        let client = try database.client()
        let pid = try await client.pid()
        let tx = try holder.begin()
        #expect(try tx.values("SELECT id FROM items WHERE id = 1 FOR UPDATE") == [1])
        async let outcome = client.transaction { tx in
            try tx.execute("UPDATE items SET value = 5 WHERE id = 2")
            try tx.execute("UPDATE items SET value = 5 WHERE id = 1")
        }
        try await until { try observer.sees(pid, waitFor: holder.backendPID) }
        #expect(try observer.freeItems() == [3])
        #expect(try observer.values("SELECT pg_terminate_backend(\(pid), 20000)") == [true])
        #expect(try observer.freeItems() == [2, 3])
        let result = try await outcome
        let error = postgresError { try result.get() }
        #expect(error?.sqlState == .adminShutdown)
        tx.rollback()
    }

    // Claim 18
    @Test(arguments: [true, false]) func aCOMMITThatWasSentTakesEffectWithoutItsClient(_ isFrozen: Bool) async throws {
        let database = try TestDatabase()
        let observer = try database.connect()
        try observer.makeCommitsWait()
        #expect(try observer.values("SELECT pg_advisory_lock(1) IS NOT NULL") == [true])
        let client = try ClientProcess(
            database,
            "BEGIN",
            "UPDATE items SET value = 5 WHERE id = 1",
            "INSERT INTO items VALUES (4, 0)",
            "COMMIT"
        )
        try await until { try observer.backendInCommit(waitingFor: "advisory") != nil }
        if isFrozen { client.freeze() } else { client.kill() }
        #expect(try observer.backendInCommit(waitingFor: "advisory") != nil)
        #expect(try observer.freeItems() == [2, 3])
        #expect(try observer.values("SELECT pg_advisory_unlock(1)") == [true])
        try await until { try observer.freeItems() == [1, 2, 3, 4] }
        #expect(try observer.values("SELECT value FROM items WHERE id = 1") == [5])
    }

    // Claim 20
    @Test func aClientThatFallsSilentInATransactionIsEnded() async throws {
        let database = try TestDatabase()
        let observer = try database.connect()
        #expect(try observer.values("SELECT pg_advisory_lock(1) IS NOT NULL") == [true])
        let client = try ClientProcess(
            database,
            "BEGIN",
            "SET LOCAL idle_in_transaction_session_timeout = '1s'",
            "UPDATE items SET value = 5 WHERE id = 1",
            "SELECT pg_advisory_xact_lock(1)"
        )
        // Frozen while its backend waits for the second lock, it says nothing once that is had.
        try await until { try observer.freeItems() == [2, 3] }
        client.freeze()
        #expect(try observer.values("SELECT pg_advisory_unlock(1)") == [true])
        try await until { try observer.freeItems() == [1, 2, 3] }
        #expect(try observer.values("SELECT value FROM items WHERE id = 1") == [0])
    }

    // Claim 20
    @Test func aTransactionOfOursThatFallsSilentIsEnded() async throws {
        let database = try TestDatabase()
        let (silent, observer) = (try database.connect(), try database.connect())
        let pid = silent.backendPID
        let tx = try silent.begin()
        // After a mere flush the server would count the session as active for ever, with its locks.
        try tx.execute("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
        #expect(try tx.affectedRows("UPDATE items SET value = 5 WHERE id = 1") == 1)
        let sessions: SQL = "SELECT count(*)::int FROM pg_stat_activity WHERE pid = \(pid)"
        try await until { try observer.values(sessions) == [0] }
        #expect(try observer.freeItems() == [1, 2, 3])
        tx.rollback()
    }
}
