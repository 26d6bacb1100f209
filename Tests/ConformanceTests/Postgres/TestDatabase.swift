import Executors
import LocalServers
import Postgres

/// A database of its own for one test, with the table `items`: ids 1 to 3, all values 0.
struct TestDatabase {
    let server: LocalPostgres
    let url: String

    init(on server: LocalPostgres? = nil) throws {
        self.server = if let server { server } else { try LocalPostgres.shared() }
        url = try self.server.createDatabase()
        try connect().executeScript(
            """
            CREATE TABLE items (id int8 PRIMARY KEY, value int8 NOT NULL);
            INSERT INTO items SELECT id, 0 FROM generate_series(1, 3) AS id;
            """
        )
    }

    func connect() throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: url))
    }

    /// A second client, on a thread of its own, where it may wait.
    func client() throws -> Client {
        Client(try PostgresConfiguration(url: url))
    }
}

/// A connection on its own thread, so that the test may look at it from outside while it waits.
actor Client {
    private nonisolated let executor = ThreadExecutor(name: "client")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let configuration: PostgresConfiguration
    private var connection: PostgresConnection?

    init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    func pid() throws -> Int32 { try connected().backendPID }

    /// What the body makes in a transaction that is committed, or the error of Postgres that ended it.
    func transaction<R: Sendable>(
        _ body: @Sendable (borrowing Transaction) throws -> R
    ) throws -> Result<R, PostgresError> {
        do {
            return .success(try connected().transaction { tx in try body(tx) })
        } catch let error as PostgresError {
            return .failure(error)
        }
    }

    private func connected() throws -> PostgresConnection {
        if let connection { return connection }
        let made = try PostgresConnection(configuration)
        connection = made
        return made
    }
}

extension PostgresConnection {
    /// The first columns of a query's rows.
    func values<T: PostgresDecodable>(_ sql: SQL, as: T.Type = T.self) throws -> [T] {
        try query(sql) { row in try row.decode(0, as: T.self) }
    }

    /// Whether this backend waits for a lock that the other holds.
    func sees(_ pid: Int32, waitFor holder: Int32) throws -> Bool {
        try values(
            """
            SELECT true FROM pg_stat_activity
            WHERE pid = \(pid) AND wait_event_type = 'Lock' AND \(holder) = ANY (pg_blocking_pids(pid))
            """
        ) == [true]
    }

    /// The backend that waits in its COMMIT, for what this wait event names.
    func backendInCommit(waitingFor event: String) throws -> Int32? {
        try values(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND upper(query) LIKE 'COMMIT%' AND wait_event = \(event)
            """,
            as: Int32.self
        ).first
    }

    func hasBackend(_ pid: Int32) throws -> Bool {
        try values("SELECT true FROM pg_stat_activity WHERE pid = \(pid)") == [true]
    }

    /// The items that nobody has locked.
    func freeItems() throws -> [Int] {
        try values("SELECT id FROM items ORDER BY id FOR UPDATE SKIP LOCKED")
    }

    /// From now on a COMMIT that has inserted an item waits for the advisory lock 1 before it commits.
    func makeCommitsWait() throws {
        try executeScript(
            """
            CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
            """
        )
    }
}

extension Transaction {
    /// The first columns of a query's rows.
    func values<T: PostgresDecodable>(_ sql: SQL, as: T.Type = T.self) throws -> [T] {
        try query(sql) { row in try row.decode(0, as: T.self) }
    }
}

/// The error that `body` throws, if it is one of Postgres.
func postgresError(_ body: () throws -> Void) -> PostgresError? {
    do {
        try body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

/// Waits for a fact, giving way to other tasks.
func until(_ fact: () throws -> Bool) async throws {
    while try !fact() { await Task.yield() }
}
