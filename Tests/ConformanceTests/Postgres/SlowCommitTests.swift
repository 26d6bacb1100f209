import LocalServers
import Postgres
import Testing

/// Commits that wait for a standby that never comes: they are written here, and not done.
@Suite(.timeLimit(.minutes(30))) struct SlowCommitTests {
    private let settings = ["synchronous_standby_names": "nobody", "synchronous_commit": "local"]

    /// The outcome of a transaction whose COMMIT is seen being written, after `strike` was given its backend.
    private func commitSlowly(
        _ database: TestDatabase,
        _ observer: PostgresConnection,
        _ strike: (Int32) throws -> Void
    ) async throws -> Result<Void, PostgresError> {
        let client = try database.client()
        async let outcome = client.transaction { tx in
            try tx.execute("SET LOCAL synchronous_commit = on")
            try tx.execute("UPDATE items SET value = 5 WHERE id = 1")
        }
        try await until { try observer.backendInCommit(waitingFor: "SyncRep") != nil }
        let pid = try #require(try observer.backendInCommit(waitingFor: "SyncRep"))
        // Not done before it is written.
        #expect(try observer.values("SELECT value FROM items WHERE id = 1") == [0])
        #expect(try observer.freeItems() == [2, 3])
        try strike(pid)
        return try await outcome
    }

    // Claim 17
    @Test func aBackendThatIsTerminatedWhileItWritesItsCOMMITFinishesIt() async throws {
        try await withLocalPostgres(settings: settings) { server in
            let database = try TestDatabase(on: server)
            let observer = try database.connect()
            let outcome = try await commitSlowly(database, observer) { pid in
                let isEnded = try observer.values("SELECT pg_terminate_backend(\(pid), 20000)", as: Bool.self)
                #expect(isEnded == [true])
            }
            #expect(try observer.values("SELECT value FROM items WHERE id = 1") == [5])
            #expect(try observer.freeItems() == [1, 2, 3])
            let error = postgresError { try outcome.get() }
            #expect(error?.code == .commitUnclear)
        }
    }

    // Claim 19
    @Test func aRestartRollsBackWhatIsOpen() async throws {
        try await withLocalPostgres { server in
            let database = try TestDatabase(on: server)
            for isCrash in [false, true] {
                let open = try database.connect()
                let tx = try open.begin()
                #expect(try tx.affectedRows("UPDATE items SET value = 5 WHERE id = 1") == 1)
                if isCrash { server.kill() }
                try server.restart()
                let observer = try database.connect()
                #expect(try observer.values("SELECT value FROM items WHERE id = 1") == [0])
                #expect(try observer.freeItems() == [1, 2, 3])
                #expect(postgresError { _ = try tx.values("SELECT 1", as: Int.self) }?.isConnectionDead == true)
                tx.rollback()
            }
        }
    }

    // Claim 19
    @Test func aCOMMITBeingWrittenAtARestartMayTakeEffect() async throws {
        try await withLocalPostgres(settings: settings) { server in
            let database = try TestDatabase(on: server)
            let outcome = try await commitSlowly(database, try database.connect()) { _ in server.kill() }
            let error = postgresError { try outcome.get() }
            #expect(error?.code == .commitUnclear)
            try server.start()
            #expect(try database.connect().values("SELECT value FROM items WHERE id = 1") == [5])
        }
    }

    // Claim 19
    @Test func aCOMMITThatWasSentBeforeARestartMayBeLost() async throws {
        try await withLocalPostgres { server in
            let database = try TestDatabase(on: server)
            let observer = try database.connect()
            try observer.makeCommitsWait()
            #expect(try observer.values("SELECT pg_advisory_lock(1) IS NOT NULL") == [true])
            let client = try database.client()
            async let outcome = client.transaction { tx in try tx.execute("INSERT INTO items VALUES (4, 0)") }
            try await until { try observer.backendInCommit(waitingFor: "advisory") != nil }
            server.kill()
            let result = try await outcome
            let error = postgresError { try result.get() }
            #expect(error?.code == .commitUnclear)
            try server.start()
            #expect(try database.connect().values("SELECT count(*) FROM items") == [3])
        }
    }
}
