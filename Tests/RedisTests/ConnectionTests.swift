import LocalServers
import Redis
import Testing

@Suite struct ConnectionTests {
    @Test func bytesOfEveryValueMakeTheRoundTrip() async throws {
        try await withConnection { connection, _ in
            let bytes = (0...255).map { UInt8($0) } + [0, 0, 13, 10, 0]
            try connection.execute(RedisCommand("SET", "a\0key", bytes))
            let back = try connection.execute(RedisCommand("GET", "a\0key")) { try $0.bytes() }
            #expect(back == bytes)
            let lent = try connection.execute(RedisCommand("GET", "a\0key")) { try $0.withBytes { Array($0) } }
            #expect(lent == bytes)
            let other = try connection.execute(RedisCommand("EXISTS", "a")) { try $0.integer }
            #expect(other == 0)
        }
    }

    @Test func everyKindOfArgumentArrivesAsItsText() async throws {
        try await withConnection { connection, _ in
            var command = RedisCommand("RPUSH", "list", Int.min, Int64.max, UInt64.max, Int32(-7), 0)
            command.append("ключ")
            command.append("static" as StaticString)
            command.append("" as String)
            command.append([UInt8]("slice".utf8)[1...3])
            "raw".utf8CString.withUnsafeBytes { command.append(UnsafeRawBufferPointer(rebasing: $0[..<3])) }
            #expect(command.argumentCount == 12)
            try connection.execute(command)
            let values = try connection.execute(RedisCommand("LRANGE", "list", 0, -1)) {
                try $0.map { try $0.string() }
            }
            #expect(
                values == [
                    "-9223372036854775808", "9223372036854775807", "18446744073709551615", "-7", "0", "ключ", "static",
                    "", "lic", "raw",
                ]
            )
        }
    }

    @Test func repliesComeInTheOrderOfTheCommands() async throws {
        try await withConnection { connection, _ in
            for number in 1...100 { try connection.send(RedisCommand("ECHO", number)) }
            #expect(connection.outstanding == 100)
            for number in 1...100 {
                let echoed = try connection.receive { try $0.string() }
                #expect(echoed == String(number))
            }
            #expect(connection.outstanding == 0)
        }
    }

    @Test func aHundredThousandCommandsGoThroughOnePipeline() async throws {
        try await withConnection { connection, redis in
            for number in 1...100_000 {
                try connection.send(RedisCommand("XADD", "s", "1-\(number)", "f", "a value of some length"))
            }
            try connection.receiveOutstanding()
            #expect(connection.outstanding == 0)
            let length = try connection.execute(RedisCommand("XLEN", "s")) { try $0.integer }
            #expect(length == 100_000)
            try #expect(redis.cli("XLEN", "s") == "100000")
        }
    }

    @Test func flushSendsWithoutWaitingForReplies() async throws {
        try await withConnection { connection, redis in
            try connection.send(RedisCommand("LPUSH", "sent", "x"))
            try connection.flush()
            try #expect(redis.cli("BLPOP", "sent", "5") == "sent\nx")
            #expect(connection.outstanding == 1)
            try connection.receiveOutstanding()
        }
    }

    @Test func theFirstErrorOfAPipelineIsThrownAfterAllRepliesAreRead() async throws {
        try await withConnection { connection, _ in
            try connection.send(RedisCommand("SET", "text", "x"))
            try connection.send(RedisCommand("LPUSH", "text", "x"))
            try connection.send(RedisCommand("NOSUCHCOMMAND"))
            try connection.send(RedisCommand("SET", "after", "x"))
            let error = try #require(throws: RedisError.self) { try connection.receiveOutstanding() }
            #expect(error.prefix == .wrongType && error.command == "LPUSH")
            #expect(connection.outstanding == 0 && !connection.isDead)
            let after = try connection.execute(RedisCommand("GET", "after")) { try $0.string() }
            #expect(after == "x")
        }
    }

    @Test func aReplyThatWasNotAskedForIsNotAwaited() async throws {
        try await withConnection { connection, _ in
            let error = try #require(throws: RedisError.self) { try connection.receive { _ in } }
            #expect(error.code == .misuse)
            #expect(!connection.isDead)
        }
    }

    @Test func whatTheBodyThrowsLeavesTheConnectionInStep() async throws {
        try await withConnection { connection, _ in
            #expect(throws: CancellationError.self) {
                try connection.execute(RedisCommand("ECHO", "one")) { _ in throw CancellationError() }
            }
            let echoed = try connection.execute(RedisCommand("ECHO", "two")) { try $0.string() }
            #expect(echoed == "two")
        }
    }

    @Test func theDatabaseOfTheURLIsSelectedAndTheConnectionNamed() async throws {
        try await withLocalRedis { redis in
            var configuration = try RedisConfiguration(url: "\(redis.url)/3")
            configuration.clientName = "tracker worker\n1"
            let connection = try RedisConnection(configuration)
            try connection.execute(RedisCommand("SET", "k", "v"))
            try #expect(redis.cli("-n", "3", "GET", "k") == "v")
            try #expect(redis.cli("CLIENT", "LIST").contains("name=tracker-worker-1 "))
            let error = try #require(throws: RedisError.self) {
                try RedisConnection(RedisConfiguration(url: "\(redis.url)/999"))
            }
            #expect(error.code == .reply && error.command == "SELECT")
        }
    }

    @Test func aUnixSocketWorksAsTCPDoes() async throws {
        try await withLocalRedis(password: "hunter2") { redis in
            let url = try #require(redis.unixURL)
            let connection = try RedisConnection(RedisConfiguration(url: "\(url)?db=2"))
            let echoed = try connection.execute(RedisCommand("ECHO", "hello")) { try $0.string() }
            #expect(echoed == "hello")
        }
    }
}

/// A connection to a private Redis.
func withConnection<R>(_ body: (RedisConnection, LocalRedis) throws -> R) async throws -> R {
    try await withLocalRedis { redis in
        try body(RedisConnection(RedisConfiguration(url: redis.url)), redis)
    }
}
