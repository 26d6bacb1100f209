import Executors
import LocalServers
import Testing

@testable import Postgres

/// Several hosts in a URL, several addresses of a host, and servers that take no writes.
@Suite(.timeLimit(.minutes(30))) struct HostTests {
    private let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func configuration(first port: UInt16) throws -> PostgresConfiguration {
        let url = try #require(database.url.split(separator: "@").last)
        let user = try #require(database.url.split(separator: "@").first)
        var configuration = try PostgresConfiguration(url: "\(user)@127.0.0.1:\(port),\(url)")
        configuration.connectTimeout = .milliseconds(300)
        return configuration
    }

    @Test func aFirstHostThatAcceptsAndIsSilentIsPassed() throws {
        let deaf = try DeafServer()
        let configuration = try configuration(first: deaf.port)
        #expect(try PostgresConnection(configuration).value("SELECT 1", as: Int.self) == 1)
        let hosts = configuration.hosts()
        #expect(hosts.count == 2 && hosts.first?.port == "\(deaf.port)")
        #expect(configuration.memory.order(hosts) == [hosts[1], hosts[0]], "the next connection is not held up")
    }

    @Test func aFirstHostThatRefusesIsPassed() throws {
        #expect(try PostgresConnection(configuration(first: 1)).value("SELECT 1", as: Int.self) == 1)
    }

    @Test func whereNoneServesEachHostSaysWhy() throws {
        let deaf = try DeafServer()
        var configuration = try PostgresConfiguration(
            url: "postgresql://anna:s3cret@127.0.0.1:1,127.0.0.1:\(deaf.port)/shop"
        )
        configuration.connectTimeout = .milliseconds(150)
        let error = try #require(postgresError { _ = try PostgresConnection(configuration) })
        #expect(error.code == .connectionFailed && error.isRetriable)
        #expect(error.description.contains("127.0.0.1:1: ") && error.description.contains("refused"))
        #expect(error.description.contains("127.0.0.1:\(deaf.port) did not answer within 0.15 seconds"))
        #expect(error.description.contains("/shop") && !error.fullDescription.contains("s3cret"))
    }

    @Test func eachAddressOfANameIsTried() throws {
        let url = database.url.split(separator: "127.0.0.1").joined(separator: "localhost")
        let configuration = try PostgresConfiguration(url: url)
        #expect(configuration.hosts().allSatisfy { $0.name == "localhost" && $0.address != nil })
        #expect(try PostgresConnection(configuration).value("SELECT 1", as: Int.self) == 1)
    }

    @Test(arguments: [
        ("postgresql://a,b:2/x", ["a", "b:2"]), ("postgresql://a:1,b:1/x", ["a:1", "b:1"]),
        ("postgresql:///x?host=%2Frun%2Fone,%2Frun%2Ftwo&port=7", ["/run/one:7", "/run/two:7"]),
        ("postgresql:///x?host=db&hostaddr=10.0.0.1&port=7", ["db:7 (10.0.0.1)"]),
    ]) func hostsAreTakenApart(url: String, hosts: [String]) throws {
        let found = try PostgresConfiguration(url: url).hosts().map(\.description)
        // A port that the URL leaves out is that of the environment.
        #expect(zip(found, hosts).allSatisfy { $0.hasPrefix($1) } && found.count == hosts.count, "\(found)")
    }

    // MARK: Servers that take no writes

    @Test func aRefusedWriteOfAReadOnlyServerEndsTheConnection() throws {
        let connection = try database.connect()
        try connection.executeScript("CREATE TABLE t (id int8); SET default_transaction_read_only = on")
        #expect(try connection.value("SELECT count(*) FROM t", as: Int.self) == 0, "who only reads goes on")
        let error = try #require(postgresError { try connection.execute("INSERT INTO t VALUES (1)") })
        #expect(error.sqlState == .readOnlyTransaction && error.isConnectionDead && error.isRetriable)
        #expect(connection.isDead)
    }

    @Test func aTransactionOfAReadOnlyServerIsNotUnclear() throws {
        let connection = try database.connect()
        try connection.executeScript("CREATE TABLE t (id int8); SET default_transaction_read_only = on")
        let error = postgresError { try connection.transaction { try $0.execute("INSERT INTO t VALUES (1)") } }
        #expect(error?.sqlState == .readOnlyTransaction && error?.code == .connectionLost)
    }

    @Test func aPoolDoesNotHandOutAConnectionThatIsReadOnly() async throws {
        let pool = Database(try database.configuration(), size: 1, acquireTimeout: .seconds(3600))
        try await pool.execute("CREATE TABLE t (id int8)")
        try await pool.execute("SET default_transaction_read_only = on")
        await #expect(throws: PostgresError.self) { try await pool.execute("INSERT INTO t VALUES (1)") }
        #expect(try await pool.execute("INSERT INTO t VALUES (2)") == 1, "on a new one")
        await pool.close()
    }

    @Test func whoMustWriteLeavesAServerThatBecameReadOnlyAlthoughItOnlyLooks() throws {
        var configuration = try database.configuration()
        configuration.mustBeWritable = true
        let connection = try PostgresConnection(configuration)
        try connection.execute("SET default_transaction_read_only = on")
        let error = postgresError { try connection.transaction { _ = try $0.value("SELECT 1", as: Int.self) } }
        #expect(error?.sqlState == .readOnlyTransaction && connection.isDead)
    }

    @Test func whoMustWritePassesOverAServerThatIsReadOnly() throws {
        let admin = try database.connect()
        let name = try #require(database.url.split(separator: "/").last)
        try admin.executeScript("ALTER DATABASE \(name) SET default_transaction_read_only = on")
        var configuration = try database.configuration()
        _ = try PostgresConnection(configuration)
        configuration.mustBeWritable = true
        let error = try #require(postgresError { _ = try PostgresConnection(configuration) })
        #expect(error.code == .connectionFailed && error.sqlState == .readOnlyTransaction)
        #expect(error.description.contains("takes no writes"))
    }

    // MARK: Waiting

    @Test func aStatementWithoutALimitMayTakeLongerThanTheReplyTimeout() throws {
        let connection = try database.connect(replyTimeout: .milliseconds(150))
        try connection.withReplyTimeout(nil) { _ = try connection.execute("SELECT pg_sleep(0.6)") }
        #expect(!connection.isDead)
        #expect(postgresError { try connection.execute("SELECT pg_sleep(60)") }?.code == .timeout, "the limit is back")
    }

    @Test func aWaitIsCutOffWhenTheTimeToStopIsOver() async throws {
        let stop = StopSignal(drain: .milliseconds(100))
        var configuration = try database.configuration(replyTimeout: .seconds(86_400))
        configuration.stop = stop
        let connection = try PostgresConnection(configuration)
        let watcher = try database.connect()
        let raising = Task.detached {
            let sleeps: SQL =
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            while try watcher.value(sleeps, as: Int.self) != 1 {}
            stop.raise()
        }
        let error = postgresError { try connection.execute("SELECT pg_sleep(86400)") }
        #expect(error?.isConnectionDead == true && error?.description.contains("cut off") == true)
        try await raising.value
    }

    @Test func aServersMachineThatIsGoneIsNoticedWhereNoReplyIsDue() throws {
        let configuration = try PostgresConfiguration(url: "postgresql://h/x?keepalives_idle=7")
        let options = ConnectionHandle.options(configuration, PostgresHost(), nil).map(\.0)
        let end = try #require(options.firstIndex(of: "dbname"))
        for option in ["keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"] {
            #expect(options[..<end].contains(option), "before the URL, which may say otherwise")
        }
    }

    @Test func theURLSaysHowLongIsWaited() throws {
        let configuration = try PostgresConfiguration(
            url: "postgresql://h/x?sslmode=disable&connect_timeout=2&reply_timeout=0.5"
        )
        #expect(configuration.connectTimeout == .seconds(2) && configuration.replyTimeout == .milliseconds(500))
        #expect(configuration.url == "postgresql://h/x?sslmode=disable")
        for wrong in ["0", "-1", "1e9", "", "abc", "99999999999999999999"] {
            #expect(
                postgresError { _ = try PostgresConfiguration(url: "postgresql://h/x?reply_timeout=\(wrong)") } != nil
            )
        }
    }
}
