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
        ("MOVED 3999 127.0.0.1:6381", .moved, true),
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
            // A server that does not serve, or not us, keeps its clients' connections: it must not be asked again on this one.
            let ends: [RedisErrorPrefix] = [.readOnly, .noReplicas, .masterDown, .loading, .moved, .clusterDown]
            #expect(prefix.endsConnection == ends.contains(prefix))
            #expect(error.isConnectionDead == prefix.endsConnection && connection.isDead == prefix.endsConnection)
        }
    }

    /// As the relay appends: what was queued in MULTI is refused one by one, then EXEC.
    @Test func aReplicaEndsTheConnectionInsideATransactionToo() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            _ = try redis.cli("REPLICAOF", "127.0.0.1", "1")
            for command in [RedisCommand("MULTI"), RedisCommand("XADD", "s", "1-1", "f", "v"), RedisCommand("EXEC")] {
                try connection.send(command)
            }
            let error = try #require(throws: RedisError.self) { try connection.receiveOutstanding() }
            #expect(error.prefix == .readOnly && error.isConnectionDead && error.isRetriable)
            let again = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("PING")) }
            #expect(again.code == .connectionLost && again.message.contains("READONLY"))

            _ = try redis.cli("REPLICAOF", "NO", "ONE")
            try RedisConnection(RedisConfiguration(url: redis.url)).execute(RedisCommand("XADD", "s", "1-1", "f", "v"))
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
