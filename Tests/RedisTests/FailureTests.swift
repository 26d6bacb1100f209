import LocalServers
import Redis
import Testing

@Suite struct FailureTests {
    @Test func aContextIsDeadAfterATimeout() async throws {
        try await withLocalRedis { redis in
            var configuration = try RedisConfiguration(url: redis.url)
            configuration.replyTimeout = .milliseconds(200)
            let connection = try RedisConnection(configuration)
            redis.pause()
            try connection.send(RedisCommand("ECHO", "late"))
            let error = try #require(throws: RedisError.self) { try connection.receive { _ in } }
            #expect(error.code == .timeout && error.command == "ECHO" && error.isConnectionDead && error.isRetriable)
            #expect(connection.isDead)

            // The late reply must not become the answer to the next command.
            redis.resume()
            let calls: [() throws -> Void] = [
                { try connection.send(RedisCommand("PING")) },
                { try connection.flush() },
                { try connection.receive { _ in } },
                { try connection.receiveOutstanding() },
                { try connection.execute(RedisCommand("PING")) },
            ]
            for call in calls {
                let again = try #require(throws: RedisError.self) { try call() }
                #expect(again.code == .connectionLost && again.isConnectionDead)
                #expect(again.message.contains("dead since an earlier failure: Redis timeout at ECHO"))
            }
        }
    }

    @Test func aBlockingCommandMayWaitLongerThanTheUsualTimeout() async throws {
        try await withLocalRedis { redis in
            var configuration = try RedisConfiguration(url: redis.url)
            configuration.replyTimeout = .milliseconds(100)
            let connection = try RedisConnection(configuration)
            let block = RedisCommand("BLPOP", "empty", "0.3")
            let isNull = try connection.withReplyTimeout(.seconds(5)) { try connection.execute(block) { $0.isNull } }
            #expect(isNull)
            let error = try #require(throws: RedisError.self) { try connection.execute(block) }
            #expect(error.code == .timeout)
        }
    }

    @Test func aConnectionToAFrozenServerIsGivenUpInTime() async throws {
        try await withLocalRedis { redis in
            redis.pause()
            var configuration = try RedisConfiguration(url: redis.url)
            configuration.replyTimeout = .milliseconds(200)
            // The kernel accepts in the frozen server's name; its silence is what shows.
            let error = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
            #expect(error.code == .timeout)
        }
    }

    @Test func aFrozenServerIsWaitedForAsLongAsTheURLSays() async throws {
        try await withLocalRedis { redis in
            let configuration = try RedisConfiguration(url: "\(redis.url)?reply_timeout=0.35&connect_timeout=3600")
            let connection = try RedisConnection(configuration)
            redis.pause()
            let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("PING")) }
            #expect(error.code == .timeout && error.message == "no answer within 0.35 seconds")
            let again = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
            #expect(again.code == .timeout && again.message.contains("no answer within 0.35 seconds"), "\(again)")
            redis.resume()
            let patient = try RedisConfiguration(url: "\(redis.url)?reply_timeout=3600")
            try RedisConnection(patient).execute(RedisCommand("PING"))
        }
    }

    @Test func anAddressThatDoesNotAnswerIsTriedAsLongAsTheURLSays() throws {
        let full = try FullServer()
        let url = "redis://127.0.0.1:\(full.port)?connect_timeout=0.25&reply_timeout=3600"
        let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
        #expect(error.code == .connectionFailed && error.isRetriable)
        #expect(error.message.contains("no connection within 0.25 seconds"), "\(error)")
    }

    @Test func aServerKilledInMidFlightIsALostConnectionAndANewOneWorksAfterItsStart() async throws {
        try await withConnection { connection, redis in
            try connection.send(RedisCommand("BLPOP", "empty", 0))
            try connection.flush()
            redis.kill()
            let error = try #require(throws: RedisError.self) { try connection.receive { _ in } }
            #expect(error.code == .connectionLost && error.isRetriable)
            #expect(connection.isDead)

            let refused = try #require(throws: RedisError.self) {
                try RedisConnection(RedisConfiguration(url: redis.url))
            }
            #expect(refused.code == .connectionFailed && refused.isRetriable)
            #expect(refused.message.contains(redis.url) && refused.message.contains("refused"))

            try redis.start()
            try RedisConnection(RedisConfiguration(url: redis.url)).execute(RedisCommand("PING"))
        }
    }

    @Test func writingToAServerThatIsGoneIsAnErrorAndNotASignal() async throws {
        try await withConnection { connection, redis in
            redis.kill()
            // Enough that a write meets the closed socket, after the peer's reset.
            let error = try #require(throws: RedisError.self) {
                for _ in 0..<100 {
                    try connection.send(RedisCommand("ECHO", [UInt8](repeating: 0, count: 65_536)))
                    try connection.flush()
                }
            }
            #expect(error.code == .connectionLost)
        }
    }

    @Test func aWrongPasswordIsRefusedWithoutShowingAnyPassword() async throws {
        try await withLocalRedis(password: "the-right-one") { redis in
            let url = "redis://:hunter2@127.0.0.1:\(redis.port)"
            let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
            #expect(error.code == .reply && error.prefix == .wrongPassword && error.command == "AUTH")
            #expect(!error.isRetriable)
            #expect(!"\(error)".contains("hunter2") && !"\(error)".contains("the-right-one"))

            let bare = "redis://127.0.0.1:\(redis.port)"
            let missing = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: bare)) }
            #expect(missing.prefix == .noAuth)
        }
    }

    @Test func anACLThatForbidsACommandIsSeenAsSuch() async throws {
        try await withLocalRedis { redis in
            try redis.cli("ACL", "SETUSER", "worker", "on", ">p@ss word", "-@all", "+xadd", "~s:*")
            let url = "redis://worker:p%40ss%20word@127.0.0.1:\(redis.port)"
            // CLIENT SETNAME is not allowed either, and not needed.
            let connection = try RedisConnection(RedisConfiguration(url: url))
            try connection.execute(RedisCommand("XADD", "s:0", "*", "f", "v"))
            for command in [RedisCommand("FLUSHALL"), RedisCommand("XADD", "other", "*", "f", "v")] {
                let error = try #require(throws: RedisError.self) { try connection.execute(command) }
                #expect(error.prefix == .noPermission && !error.isRetriable && !error.isConnectionDead)
            }
        }
    }

    @Test func aUnixSocketThatIsNotThereIsAFailedConnection() throws {
        let error = try #require(throws: RedisError.self) {
            try RedisConnection(RedisConfiguration(url: "unix:///nowhere/redis.sock"))
        }
        #expect(error.code == .connectionFailed)
        #expect(error.message.contains("unix:///nowhere/redis.sock") && error.message.contains("No such file"))
    }
}
