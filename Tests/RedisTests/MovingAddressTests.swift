import LocalServers
import Redis
import Testing

/// The address of `LocalServers` that moves, as Redis' clients see it.
@Suite(.timeLimit(.minutes(30))) struct MovingAddressTests {
    private func withAddress(
        _ body: (MovingAddress, _ first: LocalRedis, _ second: LocalRedis) throws -> Void
    ) async throws {
        try await withLocalRedis { first in
            try await withLocalRedis { second in
                for (redis, name) in [(first, "first"), (second, "second")] { try redis.cli("SET", "name", name) }
                try body(try MovingAddress(to: first.port), first, second)
            }
        }
    }

    private func connect(_ address: MovingAddress, _ parameters: String = "") throws -> RedisConnection {
        try RedisConnection(RedisConfiguration(url: "redis://127.0.0.1:\(address.port)\(parameters)"))
    }

    private func name(_ connection: RedisConnection) throws -> String {
        try connection.execute(RedisCommand("GET", "name")) { try $0.string() }
    }

    @Test func whoIsConnectedStaysAndWhoComesIsLedElsewhere() async throws {
        try await withAddress { address, _, second in
            let old = try connect(address)
            #expect(try name(old) == "first" && address.connections == 1)
            address.move(to: second.port, cutting: false)
            #expect(try name(old) == "first")
            #expect(try name(connect(address)) == "second")
            address.cut()
            #expect(address.connections == 0)
            #expect(throws: RedisError.self) { try name(old) }
        }
    }

    @Test func aMoveThatCutsEndsTheConnectionsThatStand() async throws {
        try await withAddress { address, _, second in
            let old = try connect(address)
            #expect(try name(old) == "first")
            address.move(to: second.port, cutting: true)
            let error = try #require(throws: RedisError.self) { try name(old) }
            #expect(error.code == .connectionLost)
            #expect(try name(connect(address)) == "second")
        }
    }

    @Test func aSilentAddressTakesConnectionsAndAnswersNobody() async throws {
        try await withAddress { address, _, _ in
            let (old, patient) = (
                try connect(address, "?reply_timeout=0.3"), try connect(address, "?reply_timeout=3600")
            )
            address.fallSilent()
            for ask in [{ _ = try name(old) }, { _ = try connect(address, "?reply_timeout=0.3") }] {
                let error = try #require(throws: RedisError.self) { try ask() }
                #expect(error.code == .timeout && error.message.contains("no answer within 0.3 seconds"), "\(error)")
            }
            try patient.send(RedisCommand("GET", "name"))
            try patient.flush()
            address.speak()
            #expect(try patient.receive { try $0.string() } == "first", "what was sent meanwhile arrives")
        }
    }

    @Test func whatIsLongPassesWhole() async throws {
        try await withAddress { address, _, _ in
            let connection = try connect(address)
            let value = String(repeating: "0123456789abcdef", count: 1 << 20)
            for _ in 0..<3 { try connection.send(RedisCommand("ECHO", value)) }
            for _ in 0..<3 { #expect(try connection.receive { try $0.string() } == value) }
        }
    }

    @Test func whereNobodyListensTheConnectionEnds() async throws {
        try await withAddress { address, first, _ in
            first.kill()
            let error = try #require(throws: RedisError.self) { try connect(address) }
            #expect(error.isConnectionDead)
            #expect(address.connections == 0)
        }
    }
}
