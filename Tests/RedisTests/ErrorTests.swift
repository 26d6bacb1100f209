import LocalServers
import Redis
import Testing

@Suite struct ErrorTests {
    /// Literal replies of servers 6.2 to 8.
    @Test(arguments: [
        ("NOGROUP No such key 's' or consumer group 'g'", RedisErrorPrefix.noGroup, false),
        ("BUSYGROUP Consumer Group name already exists", .busyGroup, false),
        ("UNBLOCKED client unblocked via CLIENT UNBLOCK", .unblocked, true),
        ("EXECABORT Transaction discarded because of previous errors.", .execAbort, false),
        ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory, true),
        ("LOADING Redis is loading the dataset in memory", .loading, true),
        ("READONLY You can't write against a read only replica.", .readOnly, true),
        ("MISCONF Redis is configured to save RDB snapshots", .misconfigured, true),
        ("BUSY Redis is busy running a script.", .busy, true),
        ("NOAUTH Authentication required.", .noAuth, false),
        ("WRONGPASS invalid username-password pair or user is disabled.", .wrongPassword, false),
        ("NOPERM this user has no permissions to run the 'xadd' command", .noPermission, false),
        ("MOVED 3999 127.0.0.1:6381", .moved, false),
        ("ASK 3999 127.0.0.1:6381", .ask, false),
        ("CROSSSLOT Keys in request don't hash to the same slot", .crossSlot, false),
        ("TRYAGAIN Multiple keys request during rehashing of slot", .tryAgain, true),
        ("CLUSTERDOWN The cluster is down", .clusterDown, true),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", .wrongType, false),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", .masterDown, true),
        ("NOREPLICAS Not enough good replicas to write.", .noReplicas, true),
        ("ERR unknown command 'x'", .error, false),
        ("SOMETHINGNEW of a later server", RedisErrorPrefix(rawValue: "SOMETHINGNEW"), false),
    ])
    func anErrorReplyIsKnownByItsPrefix(text: String, prefix: RedisErrorPrefix, isRetriable: Bool) async throws {
        try await withScriptedServer(replies: ["-\(text)\r\n"]) { configuration in
            let connection = try RedisConnection(configuration)
            let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("XADD")) }
            #expect(error.code == .reply && error.prefix == prefix && error.message == text)
            #expect(error.command == "XADD")
            #expect(error.isRetriable == isRetriable)
            #expect(!error.isConnectionDead && !connection.isDead)
        }
    }

    @Test func anErrorWithoutACodeHasNoPrefix() async throws {
        try await withScriptedServer(replies: ["-something else\r\n"]) { configuration in
            let connection = try RedisConnection(configuration)
            let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("PING")) }
            #expect(error.prefix == nil)
        }
    }

    @Test func aPrefixMatchesInACatch() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            var caught = false
            do {
                try connection.execute(RedisCommand("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"))
            } catch RedisErrorPrefix.busyGroup {
                Issue.record("the wrong prefix matched")
            } catch RedisErrorPrefix.noGroup {
                caught = true
            }
            #expect(caught)
        }
    }

    @Test func whatIsNotTheProtocolEndsTheConnection() async throws {
        try await withScriptedServer(replies: ["HTTP/1.1 400 Bad Request\r\n"]) { configuration in
            let connection = try RedisConnection(configuration)
            let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("PING")) }
            #expect(error.code == .protocolError && error.isConnectionDead)
            #expect(connection.isDead)
        }
    }

    @Test func aServerThatAnnouncesBillionsOfElementsTakesNoMemory() async throws {
        try await withScriptedServer(replies: ["*2147483647\r\n"]) { configuration in
            let connection = try RedisConnection(configuration)
            let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("PING")) }
            #expect(error.isConnectionDead)
        }
    }

    @Test func aPasswordThatTheServerEchoesIsCovered() async throws {
        try await withScriptedServer(greeting: "-ERR what is 'hunter2'?\r\n+OK\r\n", replies: [], password: "hunter2") {
            configuration in
            let error = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
            #expect(error.message == "ERR what is '***'?")
        }
    }
}
