import Postgres
import Testing

@Suite(.timeLimit(.minutes(30))) struct AdvisoryLockTests {
    private static var take: SQL { "SELECT pg_try_advisory_xact_lock(7, 0)" }

    // Claim 26
    @Test func anAdvisoryLockOfATransactionIsFreeWithItsEndWhoseWritesAreSeenThen() throws {
        let database = try TestDatabase()
        let (first, second) = (try database.connect(), try database.connect())
        let one = try first.begin()
        #expect(try one.values(Self.take) == [true])
        #expect(try one.affectedRows("DELETE FROM items WHERE id = 1") == 1)
        let two = try second.begin()
        #expect(try two.values(Self.take) == [false])
        try one.commit()
        #expect(try two.values(Self.take) == [true])
        #expect(try two.values("SELECT id FROM items ORDER BY id") == [2, 3])
        two.rollback()
    }

    // Claim 26
    @Test(arguments: [true, false])
    func whoDeletesWhatAnotherDeletesWaitsAndFindsItOnlyWhereThatRollsBack(_ isCommitted: Bool) async throws {
        let database = try TestDatabase()
        let (holder, observer) = (try database.connect(), try database.connect())
        let client = try database.client()
        let pid = try await client.pid()
        let tx = try holder.begin()
        #expect(try tx.affectedRows("DELETE FROM items WHERE id = 1") == 1)
        async let deleted = client.transaction { try $0.affectedRows("DELETE FROM items WHERE id = 1") }
        try await until { try observer.sees(pid, waitFor: holder.backendPID) }
        if isCommitted { try tx.commit() } else { tx.rollback() }
        let count = try await deleted
        #expect(try count.get() == (isCommitted ? 0 : 1))
    }
}
