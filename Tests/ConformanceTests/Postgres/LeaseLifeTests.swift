import Postgres
import Testing

/// Leases that live while their workers do, of several groups, as `perch.leases` and `perch.workers` have them.
@Suite(.timeLimit(.minutes(30))) struct LeaseLifeTests {
    private let database: TestDatabase

    init() throws {
        database = try TestDatabase()
        try database.connect().executeScript(
            """
            CREATE TABLE workers (worker text PRIMARY KEY, expires_at timestamptz NOT NULL);
            CREATE TABLE leases (
                group_name text, id int8, owner text, epoch int8 NOT NULL DEFAULT 0, PRIMARY KEY (group_name, id)
            );
            INSERT INTO workers VALUES ('living', 'infinity'), ('dead', '-infinity');
            INSERT INTO leases SELECT g, i, o
            FROM unnest(ARRAY['a', 'b']) AS g, unnest(ARRAY[1, 2, 3], ARRAY['living', 'dead', NULL]) AS l (i, o);
            """
        )
    }

    private func claim(_ group: String, in tx: borrowing Transaction) throws -> [Int] {
        try tx.values(
            """
            SELECT l.id FROM leases l
            WHERE l.group_name = \(group) AND NOT EXISTS (
                SELECT FROM workers w WHERE w.worker = l.owner AND w.expires_at >= clock_timestamp()
            )
            ORDER BY l.id FOR UPDATE OF l SKIP LOCKED
            """
        )
    }

    // Claim 24
    @Test func aLeaseEndsWithItsWorkerAndIsTakenWithoutALockOnIt() throws {
        let (taker, heartbeat) = (try database.connect(), try database.connect())
        try heartbeat.executeScript("SET lock_timeout = '1ms'")
        let tx = try taker.begin()
        #expect(try claim("a", in: tx) == [2, 3])
        #expect(try heartbeat.execute("UPDATE workers SET expires_at = 'infinity'") == 2, "it waits for nobody")
        try tx.commit()
        let later = try taker.begin()
        #expect(try claim("a", in: later) == [3])
        later.rollback()
    }

    // Claim 24
    @Test func aWorkerThatIsNotCommittedYetDoesNotLive() throws {
        let (taker, heartbeat) = (try database.connect(), try database.connect())
        let beat = try heartbeat.begin()
        #expect(try beat.affectedRows("UPDATE workers SET expires_at = 'infinity' WHERE worker = 'dead'") == 1)
        let tx = try taker.begin()
        #expect(try claim("a", in: tx) == [2, 3])
        tx.rollback()
        try beat.commit()
    }

    // Claim 25
    @Test func theRowsOfTwoGroupsAreLockedAndChangedApart() throws {
        let (one, other) = (try database.connect(), try database.connect())
        try other.executeScript("SET lock_timeout = '1ms'")
        let tx = try one.begin()
        #expect(try claim("a", in: tx) == [2, 3])
        let beside = try other.begin()
        #expect(try claim("b", in: beside) == [2, 3])
        #expect(try beside.affectedRows("UPDATE leases SET epoch = 1 WHERE group_name = 'b' AND id = 2") == 1)
        try beside.commit()
        #expect(try tx.values("SELECT epoch FROM leases WHERE group_name = 'a' AND id = 2") == [0])
        tx.rollback()
    }
}
