import Executors
import Postgres
import Testing

@Suite(.timeLimit(.minutes(30))) struct ConnectionEndTests {
    @Test func aKilledBackendMakesTheConnectionDead() throws {
        let database = try TestDatabase()
        let (victim, killer) = (try database.connect(), try database.connect())
        let pid = Int(victim.backendPID)
        #expect(try killer.value("SELECT pg_terminate_backend(\(Int32(pid)))") == true)
        let first = try #require(postgresError { try victim.execute("SELECT 1") })
        #expect(first.code == .connectionLost)
        #expect(first.isConnectionDead && first.isRetriable)
        #expect(victim.isDead)
        #expect(victim.backendPID == 0)
        let calls: [(PostgresConnection) throws -> Void] = [
            { try $0.execute("SELECT 1") }, { _ = try $0.begin() }, { try $0.executeScript("SELECT 1") },
            { try $0.transaction { _ in } }, { _ = try $0.query("SELECT 1") { _ in } },
        ]
        for call in calls {
            let error = postgresError { try call(victim) }
            #expect(error?.code == .connectionLost)
            #expect(error?.fullDescription == first.fullDescription)
        }
    }

    @Test func aBackendKilledByAStatementBeforeCommitIsNotUnclear() throws {
        let connection = try TestDatabase().connect()
        let error = postgresError {
            try connection.transaction { tx in
                try tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                try tx.execute("SELECT 1")
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.sqlState == .adminShutdown)
        #expect(error?.statement == "SELECT pg_terminate_backend(pg_backend_pid())")
    }

    @Test func aConnectionLostInCommitIsUnclear() throws {
        let connection = try TestDatabase().connect()
        try connection.createTable(onCommit: "pg_terminate_backend(pg_backend_pid())")
        let error = postgresError { try connection.transaction { tx in try tx.execute("INSERT INTO t VALUES (1)") } }
        #expect(error?.code == .commitUnclear)
        #expect(error?.isConnectionDead == true && error?.isRetriable == false)
        #expect(connection.isDead)
        // What the connection died of; this call has nothing to do with that commit.
        #expect(postgresError { try connection.execute("SELECT 1") }?.code == .connectionLost)
    }

    @Test func aCommitThatWaitsAndIsTerminatedIsUnclear() async throws {
        let database = try TestDatabase()
        let watcher = try database.connect()
        try watcher.createTable(onCommit: "pg_sleep(60)")
        let victim = Victim(try database.configuration())
        async let outcome = victim.commit("INSERT INTO t VALUES (1)")
        // A wait for the fact that the backend sleeps in its COMMIT.
        let terminate: SQL = """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query = 'COMMIT' AND wait_event = 'PgSleep'
            """
        try await until { try watcher.value(terminate, as: Bool.self) == true }
        let error = await outcome
        #expect(error?.code == .commitUnclear)
        #expect(try watcher.value("SELECT count(*) FROM t", as: Int.self) == 0)
    }

    @Test func aCommitThatTimesOutIsUnclear() throws {
        let database = try TestDatabase()
        try database.connect().createTable(onCommit: "pg_sleep(1)")
        let connection = try database.connect(replyTimeout: .milliseconds(150))
        let error = postgresError { try connection.transaction { tx in try tx.execute("INSERT INTO t VALUES (1)") } }
        #expect(error?.code == .commitUnclear)
        #expect(postgresError { try connection.execute("SELECT 1") }?.code == .timeout)
    }

    @Test func aSilentServerMakesTheConnectionDead() throws {
        let connection = try TestDatabase().connect(replyTimeout: .milliseconds(150))
        let start = ContinuousClock.now
        let error = postgresError { try connection.execute("SELECT pg_sleep(3600)") }
        #expect(error?.code == .timeout)
        #expect(error?.isConnectionDead == true)
        #expect(ContinuousClock.now - start < .seconds(3600), "the server's answer was not waited for")
        #expect(connection.isDead)
        #expect(postgresError { _ = try connection.begin() }?.code == .timeout)
    }

    @Test func aRollbackThatTimesOutIsHarmlessAndMakesTheConnectionDead() throws {
        let connection = try TestDatabase().connect(replyTimeout: .milliseconds(150))
        let tx = try connection.begin()
        try tx.execute("SELECT pg_sleep(5)")
        tx.rollback()
        #expect(connection.isDead)
    }

    @Test func aServerThatKeepsAnsweringIsNotSilent() throws {
        let connection = try TestDatabase().connect(replyTimeout: .seconds(1))
        // Each answer comes soon, all together take longer than the time for one.
        let tx = try connection.begin()
        for _ in 0..<12 {
            try tx.execute("SELECT pg_sleep(0.1), repeat('x', 20000)")
        }
        try tx.commit()
        #expect(!connection.isDead)
    }

    @Test func theEndOfAnUnusedConnectionIsNoticed() throws {
        let database = try TestDatabase()
        let (victim, killer) = (try database.connect(), try database.connect())
        victim.noticeEnd()
        #expect(!victim.isDead)
        let pid = victim.backendPID
        #expect(try killer.value("SELECT pg_terminate_backend(\(pid), 10000)") == true)
        victim.noticeEnd()
        #expect(victim.isDead)
    }

    @Test func queuedStatementsBeyondAllBuffersDoNotDeadlock() throws {
        let connection = try TestDatabase().connect(replyTimeout: .seconds(10))
        let text = String(repeating: "x", count: 10_000)
        let tx = try connection.begin()
        for _ in 0..<10_000 {
            // As much comes back as is sent, and nobody asks for it before the end.
            try tx.execute("SELECT \(text)")
        }
        try tx.commit()
        #expect(!connection.isDead)
    }

    @Test func aHugeStatementAndResultDoNotDeadlock() throws {
        let connection = try TestDatabase().connect(replyTimeout: .seconds(10))
        let text = String(repeating: "x", count: 20_000_000)
        let tx = try connection.begin()
        for _ in 0..<3 { try tx.execute("SELECT \(text)") }
        #expect(try tx.query("SELECT \(text)") { row in try row.decode(0, as: String.self).utf8.count } == [20_000_000])
        try tx.commit()
    }
}

/// A connection on its own thread, so that the test may look at it from outside while it waits.
private actor Victim {
    nonisolated let executor = ThreadExecutor(name: "victim")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let configuration: PostgresConfiguration

    init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
    }

    func commit(_ sql: SQL) -> PostgresError? {
        postgresError {
            try PostgresConnection(configuration).transaction { tx in try tx.execute(sql) }
        }
    }
}
