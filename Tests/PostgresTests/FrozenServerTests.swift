import LocalServers
import Testing

@testable import Postgres

/// A server that is stopped by SIGSTOP: for how long it is waited for, the URL says.
@Suite(.serialized, .timeLimit(.minutes(30))) struct FrozenServerTests {
    private func connect(_ server: LocalPostgres, _ parameters: String) throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: "\(server.url())?\(parameters)"))
    }

    @Test func aReplyIsWaitedForAsLongAsTheURLSays() throws {
        let server = try LocalPostgres(fsync: false)
        try server.start()
        let connection = try connect(server, "reply_timeout=0.35&connect_timeout=3600")
        try connection.execute("CREATE TABLE t (id int8)")
        let other = try connect(server, "reply_timeout=0.45&connect_timeout=3600")
        server.pause()
        let error = postgresError { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.code == .timeout && error?.isConnectionDead == true && error?.isRetriable == true)
        #expect(error?.description.contains("did not answer within 0.35 seconds") == true, "\(error)")
        let unclear = postgresError { try other.transaction { try $0.execute("INSERT INTO t VALUES (2)") } }
        #expect(unclear?.code == .commitUnclear && unclear?.description.contains("within 0.45 seconds") == true)
        server.resume()
        #expect(try connect(server, "reply_timeout=3600").value("SELECT 1", as: Int.self) == 1)
    }

    @Test func aConnectionIsWaitedForAsLongAsTheURLSays() async throws {
        try await withLocalPostgres { server in
            server.pause()
            // The system accepts in the frozen server's name; its silence is what shows.
            let error = try #require(
                postgresError { _ = try connect(server, "connect_timeout=0.25&reply_timeout=3600") }
            )
            #expect(error.code == .connectionFailed && error.isRetriable)
            #expect(
                error.description.contains("127.0.0.1:\(server.port) did not answer within 0.25 seconds"),
                "\(error)"
            )
            server.resume()
        }
    }

    @Test func aPoolGoesOnWhenTheServerDoes() async throws {
        try await withLocalPostgres { server in
            let configuration = try PostgresConfiguration(url: "\(server.url())?reply_timeout=0.2&connect_timeout=0.2")
            let pool = Database(configuration, size: 2, acquireTimeout: .seconds(3600))
            try await pool.execute("CREATE TABLE t (id int8)")
            server.pause()
            for _ in 0..<2 {
                await #expect(throws: PostgresError.self) { try await pool.execute("INSERT INTO t VALUES (1)") }
            }
            server.resume()
            var count: Int?
            while count == nil {
                count = try? await pool.query("SELECT 7") { try $0.decode(0, as: Int.self) }.first
            }
            #expect(count == 7)
            await pool.close()
        }
    }
}
