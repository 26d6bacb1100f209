import LocalServers
import Testing

@testable import Postgres

/// A real PgBouncer between this client and the server.
@Suite(
    .enabled(if: LocalPooler.isInstalled, "pgbouncer is not installed: apt-get install pgbouncer"),
    .timeLimit(.minutes(30))
) struct PoolerTests {
    private let database: TestDatabase
    private let name: String

    init() throws {
        database = try TestDatabase()
        name = String(try #require(database.url.split(separator: "/").last))
    }

    private func pooler(_ mode: LocalPooler.Mode, sessions: Int) throws -> LocalPooler {
        try LocalPooler(for: database.server, mode: mode, sessions: sessions)
    }

    private func configuration(_ pooler: LocalPooler, _ parameters: String) throws -> PostgresConfiguration {
        try PostgresConfiguration(url: "\(pooler.url(database: name))?application_name=pooled&\(parameters)")
    }

    /// How many sessions the server has for these clients.
    private func sessions() throws -> Int {
        Int(try database.server.psql("SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)'")) ?? -1
    }

    @Test func manyConnectionsShareFewSessionsInTransactionMode() async throws {
        let pooler = try pooler(.transaction, sessions: 2)
        let pool = Database(try configuration(pooler, "pooled=transaction"), size: 8, acquireTimeout: .seconds(3600))
        try await pool.execute("CREATE TABLE t (id int8 PRIMARY KEY, total int8)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in 0..<400 {
                group.addTask {
                    try await pool.transaction { tx in
                        try tx.execute("INSERT INTO t VALUES (\(id), 0)")
                        let before = try tx.value("SELECT total FROM t WHERE id = \(id)", as: Int.self)
                        try tx.execute("UPDATE t SET total = \((before ?? 0) + id) WHERE id = \(id)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let right = try await pool.query("SELECT count(*) FROM t WHERE total = id") { try $0.decode(0, as: Int.self) }
        #expect(right == [400])
        #expect(try sessions() == 2)
        let prepared = try await pool.query("SELECT count(*) FROM pg_prepared_statements") {
            try $0.decode(0, as: Int.self)
        }
        #expect(prepared == [0])
        await pool.close()
    }

    @Test func whatIsPreparedByNameMeetsAnotherSessionAndTheErrorSaysWhatHelps() throws {
        let pooler = try pooler(.transaction, sessions: 1)
        let first = try PostgresConnection(configuration(pooler, "pooled=session"))
        let second = try PostgresConnection(configuration(pooler, "pooled=session"))
        #expect(try first.value("SELECT 1", as: Int.self) == 1)
        let error = try #require(postgresError { _ = try second.value("SELECT 2", as: Int.self) })
        #expect(error.sqlState == .duplicatePreparedStatement)
        #expect(error.description.contains("pooled=transaction"), "\(error)")
    }

    @Test func transactionsThatAreSubmittedOneBehindTheOtherKeepTheirOutcomes() throws {
        let pooler = try pooler(.transaction, sessions: 1)
        let connection = try PostgresConnection(configuration(pooler, "pooled=transaction"))
        let other = try PostgresConnection(configuration(pooler, "pooled=transaction"))
        try connection.execute("CREATE TABLE t (id int8 PRIMARY KEY)")
        for round in 0..<20 {
            let one = try submit(round * 2, on: connection)
            let two = try submit(round * 2 + 1, on: connection)
            try one.outcome()
            try two.outcome()
            #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == round * 2 + 2)
        }
        let wrong = try submit(0, on: connection)
        let behind = try submit(1000, on: connection)
        #expect(error(of: wrong)?.sqlState == .uniqueViolation)
        #expect(error(of: behind)?.sqlState == .inFailedTransaction)
        #expect(try other.execute("INSERT INTO t VALUES (1000)") == 1)
        #expect(try connection.execute("INSERT INTO t VALUES (1001)") == 1)
    }

    private func submit(_ id: Int, on connection: PostgresConnection) throws -> SubmittedTransaction {
        let tx = try connection.begin()
        try tx.execute("INSERT INTO t VALUES (\(id))")
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

    @Test func aTransactionThatFailsLeavesNothingToWhomeverGetsItsSession() throws {
        let pooler = try pooler(.transaction, sessions: 1)
        let connection = try PostgresConnection(configuration(pooler, "pooled=transaction"))
        let other = try PostgresConnection(configuration(pooler, "pooled=transaction"))
        try connection.executeScript("CREATE TABLE t (id int8 PRIMARY KEY); INSERT INTO t VALUES (1)")
        #expect(postgresError { try connection.transaction { try $0.execute("INSERT INTO t VALUES (1)") } } != nil)
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 1)
        let tx = try connection.begin()
        try tx.execute("INSERT INTO t VALUES (2)")
        tx.rollback()
        #expect(try other.transaction { try $0.value("SELECT count(*) FROM t", as: Int.self) } == 1)
        #expect(postgresError { try connection.execute("SELECT 1/0") } != nil)
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 1)
    }

    @Test func aSessionIsToldApartFromOneThatIsShared() throws {
        #expect(try database.connect().isOwnSession)
        let shared = try pooler(.session, sessions: 2)
        let connection = try PostgresConnection(configuration(shared, "pooled=session"))
        #expect(try !connection.isOwnSession, "a pooler makes the number up")
        for _ in 0..<50 { #expect(try connection.value("SELECT 1", as: Int.self) == 1) }
        #expect(
            try connection.value("SELECT count(*) FROM pg_prepared_statements", as: Int.self) == 2,
            "as without a pooler"
        )
    }
}

extension PostgresConnection {
    fileprivate var isOwnSession: Bool { get throws { try serverPID() == backendPID } }
}
