import Executors
import Foundation
import LocalServers
import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(30))) struct WaitTests {
    @Test func aWaitForWorkEndsWhenTheProgramIsToStop() async throws {
        try await withConnection { connection, redis in
            let stop = StopSignal(drain: .seconds(60))
            let waiting = Thread {
                // Not before Redis has it, so that the wait is what ends.
                while (try? redis.cli("CLIENT", "LIST"))?.contains("cmd=blpop") != true {}
                stop.raise()
            }
            waiting.start()
            let error = try #require(throws: RedisError.self) {
                try connection.withReplyTimeout(.seconds(86_400)) {
                    try connection.interruptible(by: stop.descriptor) {
                        try connection.execute(RedisCommand("BLPOP", "empty", 0))
                    }
                }
            }
            #expect(error.code == .interrupted && error.isConnectionDead)
            #expect(connection.isDead, "its reply may still come")
        }
    }

    @Test func aReplyThatIsThereIsReadAlthoughTheProgramIsToStop() async throws {
        try await withConnection { connection, _ in
            let stop = StopSignal(drain: .seconds(60))
            try connection.interruptible(by: stop.descriptor) { try connection.execute(RedisCommand("PING")) }
            #expect(!connection.isDead)
            try connection.withReplyTimeout(.milliseconds(100)) {
                let error = try #require(throws: RedisError.self) {
                    try connection.interruptible(by: stop.descriptor) {
                        try connection.execute(RedisCommand("BLPOP", "empty", 0))
                    }
                }
                #expect(error.code == .timeout)
            }
        }
    }

    @Test func sendingLeavesWhatTheProcessDoesAtSIGPIPEAsItIs() async throws {
        try await withConnection { connection, redis in
            redis.kill()
            // Not blocked, and by default the process' end: that this test goes on shows that none came. (Other tests of this
            // process may have it ignored.)
            let before = Self.handlerOfSIGPIPE()
            #expect(Self.blocksSIGPIPE() == false)
            let error = try #require(throws: RedisError.self) {
                for _ in 0..<100 {
                    try connection.send(RedisCommand("ECHO", [UInt8](repeating: 0, count: 65_536)))
                    try connection.flush()
                }
            }
            #expect(error.code == .connectionLost)
            #expect(Self.blocksSIGPIPE() == false)
            #expect(Self.handlerOfSIGPIPE() == before)
        }
    }

    private static func handlerOfSIGPIPE() -> Int {
        var action = sigaction()
        sigaction(SIGPIPE, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    }

    private static func blocksSIGPIPE() -> Bool {
        var mask = sigset_t()
        sigemptyset(&mask)
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        return sigismember(&mask, SIGPIPE) == 1
    }

    @Test func eachAddressOfANameIsTriedAndTheGoodOneRemembered() async throws {
        try await withLocalRedis { redis in
            // On most systems `localhost` is also ::1, where nobody listens.
            let configuration = try RedisConfiguration(url: "redis://localhost:\(redis.port)")
            try RedisConnection(configuration).execute(RedisCommand("PING"))
            let endpoints = try configuration.addresses(of: .tcp(host: "localhost", port: redis.port))
            #expect(configuration.memory.order(endpoints).first == .tcp(host: "127.0.0.1", port: redis.port))
        }
    }

    @Test func aNameThatNobodyKnowsSaysSo() throws {
        let error = try #require(throws: RedisError.self) {
            try RedisConnection(RedisConfiguration(url: "redis://nobody.invalid"))
        }
        #expect(error.code == .connectionFailed)
        #expect(error.message.hasPrefix("cannot connect to redis://nobody.invalid:6379: "))
    }

    @Test func theAddressesOfANameAreToldApartWhenNoneServes() {
        let configuration = RedisConfiguration(
            server: .at(.tcp(host: "db", port: 1)),
            user: nil,
            password: nil,
            database: 0
        )
        let error = RedisError.noneServes(
            [
                (
                    .tcp(host: "::1", port: 1),
                    RedisError(.connectionFailed, "cannot connect to redis://db:1: Connection refused")
                ),
                (.tcp(host: "10.0.0.1", port: 1), RedisError(.timeout, "no answer within 2.0 seconds")),
            ],
            of: configuration
        )
        #expect(
            error.message
                == "cannot connect to redis://db:1: [::1]:1: Connection refused; 10.0.0.1:1: no answer within 2.0 seconds"
        )
    }
}
