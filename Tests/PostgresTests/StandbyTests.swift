import Executors
import LocalServers
import Testing

@testable import Postgres

/// A primary and its standby, as a URL with several hosts meets them.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StandbyTests {
    private func pair(isSynchronous: Bool = false) throws -> (primary: LocalPostgres, standby: LocalPostgres) {
        let settings = isSynchronous ? ["synchronous_standby_names": "*"] : [:]
        let primary = try LocalPostgres(fsync: false, settings: settings)
        try primary.start()
        return (primary, try primary.startStandby())
    }

    private func url(_ servers: LocalPostgres..., parameters: String) -> String {
        let places = servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        return "postgresql://postgres@\(places)/postgres?\(parameters)"
    }

    private func connect(_ url: String) throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: url))
    }

    private func isStandby(_ connection: PostgresConnection) throws -> Bool {
        try connection.query("SELECT pg_is_in_recovery()") { try $0.decode(0, as: Bool.self) } == [true]
    }

    @Test func theServerThatIsAskedForIsFoundWhereverItStands() throws {
        let (primary, standby) = try pair()
        for (attributes, wantsStandby) in [
            ("read-write", false), ("primary", false), ("read-only", true), ("standby", true), ("prefer-standby", true),
        ] {
            for hosts in [[primary, standby], [standby, primary]] {
                let found = try connect(url(hosts[0], hosts[1], parameters: "target_session_attrs=\(attributes)"))
                #expect(try isStandby(found) == wantsStandby, "\(attributes)")
            }
        }
        #expect(try isStandby(connect(url(standby, primary, parameters: "target_session_attrs=any"))))
        #expect(try !isStandby(connect(url(primary, parameters: "target_session_attrs=prefer-standby"))))
    }

    @Test func whereNobodyTakesWritesEachServerSaysWhy() throws {
        let (primary, standby) = try pair()
        primary.crash()
        let both = url(primary, standby, parameters: "target_session_attrs=read-write")
        let error = try #require(postgresError { _ = try connect(both) })
        #expect(error.code == .connectionFailed && error.isRetriable)
        #expect(error.description.contains("127.0.0.1:\(primary.port): ") && error.description.contains("refused"))
        #expect(error.description.contains("127.0.0.1:\(standby.port): "), "\(error)")
        #expect(error.description.contains("session is read-only"), "\(error)")
        try standby.promote()
        #expect(try !isStandby(connect(both)))
    }

    @Test func aFrozenPrimaryThatComesFirstIsPassedForTheServerThatWasPromoted() throws {
        let (primary, standby) = try pair()
        let configuration = try PostgresConfiguration(
            url: url(
                primary,
                standby,
                parameters: "target_session_attrs=read-write&connect_timeout=0.3&reply_timeout=0.4"
            )
        )
        let old = try PostgresConnection(configuration)
        primary.pause()
        try standby.promote()
        let error = try #require(postgresError { try old.execute("SELECT 1") })
        #expect(error.code == .timeout && error.message.contains("within 0.4 seconds"))
        #expect(try PostgresConnection(configuration).value("SELECT inet_server_port()", as: Int.self) == standby.port)
        let hosts = configuration.hosts()
        #expect(configuration.memory.order(hosts) == [hosts[1], hosts[0]], "the next connection is not held up")
        primary.resume()
        #expect(try connect(url(primary, parameters: "connect_timeout=3600")).value("SELECT 1", as: Int.self) == 1)
    }

    @Test func whatASynchronousPrimaryHasAnsweredIsNotLostWithIt() throws {
        let (primary, standby) = try pair(isSynchronous: true)
        let connection = try connect(url(primary, parameters: "reply_timeout=3600"))
        try connection.execute("CREATE TABLE t (id int8)")
        for id in 0..<100 { try connection.execute("INSERT INTO t VALUES (\(id))") }
        primary.crash()
        try standby.promote()
        let other = try connect(url(standby, parameters: "reply_timeout=3600"))
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 100)
        #expect(try other.execute("INSERT INTO t VALUES (100)") == 1, "alone it waits for nobody")
    }

    @Test func aSynchronousPrimaryAnswersNoCommitThatItsStandbyDoesNotHave() throws {
        let (primary, standby) = try pair(isSynchronous: true)
        try connect(url(primary, parameters: "reply_timeout=3600")).execute("CREATE TABLE t (id int8)")
        let connection = try connect(url(primary, parameters: "reply_timeout=0.3"))
        #expect(try connection.value("SELECT count(*) FROM t", as: Int.self) == 0, "who only reads waits for nobody")
        standby.pause()
        let error = postgresError { try connection.transaction { try $0.execute("INSERT INTO t VALUES (1)") } }
        #expect(error?.code == .commitUnclear)
        standby.resume()
    }

    /// What a worker does to the session of one whose lease has run out.
    @Test func aCommitThatIsEndedWhileItWaitsForTheStandbyIsUnclearAndShownByThePrimary() async throws {
        let (primary, standby) = try pair(isSynchronous: true)
        try connect(url(primary, parameters: "reply_timeout=3600")).execute("CREATE TABLE t (id int8)")
        let connection = try connect(url(primary, parameters: "reply_timeout=86400"))
        let pid = connection.backendPID
        standby.pause()
        let ending = Task.detached {
            let waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'SyncRep'"
            while try primary.psql(waits) != "1" {}
            try primary.psql("SELECT pg_terminate_backend(\(pid))")
        }
        let error = postgresError { try connection.transaction { try $0.execute("INSERT INTO t VALUES (1)") } }
        try await ending.value
        #expect(error?.code == .commitUnclear)
        #expect(
            try connect(url(primary, parameters: "reply_timeout=3600")).value("SELECT id FROM t", as: Int.self) == 1
        )
        standby.resume()
    }
}
