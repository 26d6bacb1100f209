import Foundation
import LocalServers
import Testing

@testable import Redis

/// The search for the master, with real sentinels.
@Suite(.serialized, .timeLimit(.minutes(30))) struct SentinelTests {
    @Test func theMasterIsFoundAsLongAsOneSentinelIsThere() async throws {
        let system = try LocalSentinels()
        let configuration = try RedisConfiguration(url: "\(system.url)?connect_timeout=0.5")
        try RedisConnection(configuration).execute(RedisCommand("SET", "k", "v"))
        try #expect(system.nodes[0].cli("GET", "k") == "v")

        // One is frozen, and the system accepts in its name; one is gone.
        system.sentinels[0].pause()
        system.sentinels[1].kill()
        try RedisConnection(configuration).execute(RedisCommand("PING"))
        guard case .master(let sentinels) = configuration.server else { return #expect(Bool(false)) }
        #expect(sentinels.order.first == 2, "the one that was right is asked first the next time")

        system.sentinels[2].kill()
        let error = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
        #expect(error.code == .connectionFailed && error.isRetriable)
        #expect(error.message.hasPrefix("cannot connect to redis+sentinel://"))
        for (sentinel, answer) in zip(
            system.sentinels,
            ["no answer within 0.5 seconds", "Connection refused", "Connection refused"]
        ) {
            #expect(error.message.contains("\(sentinel.address) is of no help: \(answer)"), "\(error)")
        }
        system.sentinels[0].resume()
        try RedisConnection(configuration).execute(RedisCommand("PING"))
    }

    @Test func whatEachSentinelAnsweredIsSaidWhereNoneLeadsToTheMaster() async throws {
        let system = try LocalSentinels(replicas: 1, sentinels: 1)
        let (sentinel, node) = (system.sentinels[0].address, "127.0.0.1:\(system.nodes[0].port)")
        // The second is a Redis and no sentinel.
        let url = "redis+sentinel://\(sentinel),\(node)/nobody?connect_timeout=0.1"
        let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
        #expect(error.message.contains("\(sentinel) does not know \"nobody\""))
        #expect(error.message.contains("\(node) is of no help: ERR unknown command"))

        let passed = try RedisConfiguration(url: "redis+sentinel://\(node),\(sentinel)/\(system.name)")
        try RedisConnection(passed).execute(RedisCommand("SET", "k", "v"))
    }

    @Test func aSentinelThatNamesAReplicaIsPassed() async throws {
        let system = try LocalSentinels()
        let (stale, replica) = (system.sentinels[0], system.nodes[1])
        try stale.watch("127.0.0.1:\(replica.port)", as: system.name)
        let configuration = try RedisConfiguration(url: system.url)
        for _ in 0..<2 { try RedisConnection(configuration).execute(RedisCommand("SET", "k", "v")) }

        let alone = try RedisConfiguration(url: "\(system.url(of: [stale]))?connect_timeout=0.1")
        let error = try #require(throws: RedisError.self) { try RedisConnection(alone) }
        #expect(error.code == .connectionFailed)
        #expect(error.message.contains("\(stale.address) names 127.0.0.1:\(replica.port): it is a replica"))
        let both = try RedisConfiguration(url: "\(system.url(of: [stale, stale]))?connect_timeout=0.1")
        let twice = try #require(throws: RedisError.self) { try RedisConnection(both) }
        #expect(twice.message.contains("names 127.0.0.1:\(replica.port) too: it is a replica"))
    }

    @Test func theSentinelsAreAskedAgainUntilOneNamesTheMaster() async throws {
        let system = try LocalSentinels(sentinels: 1)
        let (sentinel, replica) = (system.sentinels[0], system.nodes[1])
        try sentinel.watch("127.0.0.1:\(replica.port)", as: system.name)
        let url = "\(system.url)?connect_timeout=3600"
        let connecting = Task.detached {
            try RedisConnection(RedisConfiguration(url: url)).execute(RedisCommand("SET", "k", "v"))
        }
        // It has been there, more than once.
        while try !replica.cli("INFO", "commandstats").contains(/cmdstat_role:calls=([2-9]|\d\d)/) {}
        try sentinel.watch("127.0.0.1:\(system.nodes[0].port)", as: system.name)
        try await connecting.value
        try #expect(system.nodes[0].cli("GET", "k") == "v")
    }

    @Test func sentinelsAndServersHavePasswordsOfTheirOwnAndSpeakTLS() async throws {
        let tls = try LocalTLS(LocalCertificateAuthority())
        let system = try LocalSentinels(password: "hunter2", sentinelPassword: "s3 cret", tls: tls)
        try RedisConnection(RedisConfiguration(url: system.url)).execute(RedisCommand("SET", "k", "v"))
        try #expect(system.nodes[0].cli("GET", "k") == "v")
        try #expect(
            system.nodes[0].cli("CLIENT", "LIST").contains("laddr=127.0.0.1:\(#require(system.nodes[0].tlsPort))")
        )

        let right = "sentinel_password=s3%20cret"
        for (parameter, said) in [("sentinel_password=hunter3", "WRONGPASS"), ("reply_timeout=5", "NOAUTH")] {
            let url = system.url.replacing(right, with: "\(parameter)&connect_timeout=0.5")
            let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
            for sentinel in system.sentinels {
                #expect(error.message.contains("\(sentinel.address) is of no help: \(said)"), "\(error)")
            }
            #expect(!error.message.contains("hunter3"))
        }
        let url = system.url.replacing(":hunter2@", with: ":hunter3@")
        let refused = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
        #expect(refused.prefix == .wrongPassword && !refused.message.contains("hunter"))
        let named = try #require(throws: RedisError.self) {
            try RedisConnection(
                RedisConfiguration(url: "\(system.url)&server_name=elsewhere.example&connect_timeout=0.5")
            )
        }
        #expect(named.message.contains("is of no help: the server's certificate is not for \"elsewhere.example\""))
    }

    @Test func aUserWhoMayOnlyAskASentinelForTheMasterIsEnough() async throws {
        let system = try LocalSentinels(replicas: 0, sentinels: 1)
        let sentinel = system.sentinels[0]
        // As ops/redis/README.md has it.
        let rights = ["+sentinel|get-master-addr-by-name", "+client|setname"]
        try sentinel.cli(["ACL", "SETUSER", "perch", "reset", "on", ">hunter2"] + rights)
        let url = "\(system.url)?sentinel_user=perch&sentinel_password=hunter2"
        try RedisConnection(RedisConfiguration(url: url)).execute(RedisCommand("PING"))
        try sentinel.cli("ACL", "SETUSER", "perch", "-\(rights[0].dropFirst())")
        let error = try #require(throws: RedisError.self) {
            try RedisConnection(RedisConfiguration(url: "\(url)&connect_timeout=0.1"))
        }
        #expect(error.message.contains("\(sentinel.address) is of no help: NOPERM"))
    }

    @Test func aUserWhoMayNotAskForTheRoleIsToldSo() async throws {
        let system = try LocalSentinels(replicas: 0, sentinels: 1)
        try system.nodes[0].cli("ACL", "SETUSER", "worker", "on", ">hunter2", "+ping", "~*")
        let url = "redis+sentinel://worker:hunter2@\(system.sentinels[0].address)/\(system.name)"
        let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
        #expect(error.prefix == .noPermission && error.command == "ROLE")
        try system.nodes[0].cli("ACL", "SETUSER", "worker", "+role")
        try RedisConnection(RedisConfiguration(url: url)).execute(RedisCommand("PING"))
    }
}
