import Foundation
import LocalServers
import Synchronization
import Testing

@testable import Redis

/// TLS against a real `redis-server`.
@Suite(.timeLimit(.minutes(30))) struct TLSTests {
    @Test func commandsAndRepliesGoThroughTLS() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(password: "hunter2", tls: LocalTLS(authority)) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            let bytes = (0...255).map { UInt8($0) }
            try connection.execute(RedisCommand("SET", "k", bytes))
            try #expect(connection.execute(RedisCommand("GET", "k")) { try $0.bytes() } == bytes)
            for number in 1...1000 { try connection.send(RedisCommand("ECHO", number)) }
            for number in 1...1000 { try #expect(connection.receive { try $0.string() } == String(number)) }
            let port = try #require(redis.tlsPort)
            try #expect(redis.cli("CLIENT", "LIST").contains("laddr=127.0.0.1:\(port) "))
        }
    }

    @Test(arguments: ["TLSv1.2", "TLSv1.3"])
    func bothVersionsOfTLSThatAreSafeAreSpoken(version: String) async throws {
        let authority = try LocalCertificateAuthority()
        let tls = try LocalTLS(authority)
        try await withLocalRedis(tls: tls, settings: ["tls-protocols": version]) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            try connection.execute(RedisCommand("PING"))
            // What is wrong is said by each in its own way.
            let stranger = try LocalCertificateAuthority(name: "Somebody else")
            #expect(try refusal(of: redis, "cacert=\(stranger.certificate)").contains("certificate is refused"))
        }
    }

    @Test func theFirstMessageOffersTLS12And13AloneAndNamesTheServer() async throws {
        // The extension supported_versions (43): five bytes, of them four for versions.
        let versions = Data([0, 43, 0, 5, 4, 3, 4, 3, 3])
        for (query, name) in [("", nil), ("&server_name=redis.example", "redis.example")] {
            let hello = Mutex(Data())
            try await withRawServer({ client in
                var buffer = [UInt8](repeating: 0, count: 16_384)
                let count = recv(client, &buffer, buffer.count, 0)
                hello.withLock { $0 = Data(buffer[..<max(count, 0)]) }
            }) { port in
                let url = "rediss://127.0.0.1:\(port)?connect_timeout=60\(query)"
                #expect(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
            }
            let bytes = hello.withLock { $0 }
            #expect(bytes.range(of: versions) != nil)
            // An address is not told.
            #expect(bytes.range(of: Data("127.0.0.1".utf8)) == nil)
            if let name { #expect(bytes.range(of: Data(name.utf8)) != nil) }
        }
    }

    // MARK: The server's certificate

    @Test func aCertificateForAnotherNameIsRefusedAndSaysForWhichItIs() async throws {
        let authority = try LocalCertificateAuthority()
        let tls = try LocalTLS(authority, certificate: try authority.issue(for: ["redis.example"], name: "shop"))
        try await withLocalRedis(tls: tls) { redis in
            let text = try refusal(of: redis, "cacert=\(tls.authority.certificate)")
            #expect(text.contains("not for \"127.0.0.1\""))
            #expect(text.contains("but for DNS:redis.example: \"CN=shop\", issued by \"CN=Perch test CA\""))
            let name = try refusal(of: redis, "cacert=\(tls.authority.certificate)", host: "localhost")
            #expect(name.contains("not for \"localhost\""))

            let named = try #require(redis.tlsURL) + "&server_name=redis.example"
            try RedisConnection(RedisConfiguration(url: named)).execute(RedisCommand("PING"))
        }
    }

    @Test func anAddressIsVerifiedAsAnAddressAndANameAsAName() async throws {
        let authority = try LocalCertificateAuthority()
        for (places, served, refused) in [
            (["localhost"], "localhost", "127.0.0.1"), (["127.0.0.1"], "127.0.0.1", "localhost"),
        ] {
            let tls = try LocalTLS(authority, certificate: try authority.issue(for: places))
            try await withLocalRedis(tls: tls) { redis in
                let port = try #require(redis.tlsPort)
                let url = "rediss://\(served):\(port)?cacert=\(tls.authority.certificate)"
                try RedisConnection(RedisConfiguration(url: url)).execute(RedisCommand("PING"))
                #expect(
                    try refusal(of: redis, "cacert=\(tls.authority.certificate)", host: refused).contains(
                        "not for \"\(refused)\""
                    )
                )
            }
        }
    }

    @Test func aCertificateOfAnUnknownCAIsRefusedAndSaysWhoseItIs() async throws {
        let tls = try LocalTLS(LocalCertificateAuthority(name: "Their CA"))
        let ours = try LocalCertificateAuthority(name: "Our CA")
        try await withLocalRedis(tls: tls) { redis in
            let text = try refusal(of: redis, "cacert=\(ours.certificate)")
            #expect(text.contains("certificate is refused"))
            #expect(text.contains("issued by \"CN=Their CA\"") && text.contains(ours.certificate))
            let system = try refusal(of: redis, "connect_timeout=60")
            #expect(system.contains("issued by \"CN=Their CA\"") && system.contains("cacert=FILE"))
        }
    }

    @Test func anExpiredCertificateIsRefusedAndSaysSinceWhen() async throws {
        let authority = try LocalCertificateAuthority()
        let tls = try LocalTLS(authority, certificate: try authority.issue(.expired))
        try await withLocalRedis(tls: tls) { redis in
            let text = try refusal(of: redis, "cacert=\(tls.authority.certificate)")
            #expect(text.contains("certificate has expired, on ") && text.contains("GMT: \"CN=redis\""))
        }
    }

    @Test func aCertificateThatIsReplacedUnderTrafficCutsNobodyAndIsSeenByTheNext() async throws {
        let authority = try LocalCertificateAuthority()
        let tls = try LocalTLS(authority)
        try await withLocalRedis(tls: tls) { redis in
            let configuration = try RedisConfiguration(url: try #require(redis.tlsURL))
            let connection = try RedisConnection(configuration)
            let expired = try authority.issue(.expired)
            let set = try redis.cli(
                "CONFIG",
                "SET",
                "tls-cert-file",
                expired.certificate,
                "tls-key-file",
                expired.key
            )
            #expect(set == "OK")
            try connection.execute(RedisCommand("PING"))
            let error = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
            #expect(error.message.contains("has expired"))

            let renewed = try authority.issue()
            try redis.cli("CONFIG", "SET", "tls-cert-file", renewed.certificate, "tls-key-file", renewed.key)
            try RedisConnection(configuration).execute(RedisCommand("PING"))
            try connection.execute(RedisCommand("PING"))
        }
    }

    // MARK: The client's certificate

    @Test func aServerThatWantsAClientCertificateGetsIt() async throws {
        let authority = try LocalCertificateAuthority()
        for version in ["TLSv1.2", "TLSv1.3"] {
            let tls = try LocalTLS(authority, requiresClientCertificate: true)
            try await withLocalRedis(tls: tls, settings: ["tls-protocols": version]) { redis in
                let none = try refusal(of: redis, "cacert=\(tls.authority.certificate)")
                #expect(none.contains("no client certificate is set") || none.contains("wants a client certificate"))
                #expect(none.contains("cert=FILE&key=FILE"))

                let stranger = try LocalCertificateAuthority(name: "Somebody else").issue(name: "worker")
                let strange = "cacert=\(tls.authority.certificate)&cert=\(stranger.certificate)&key=\(stranger.key)"
                #expect(try refusal(of: redis, strange).contains("the server refused"))

                let client = try authority.issue(for: [], name: "worker")
                let url = try #require(redis.tlsURL) + "&cert=\(client.certificate)&key=\(client.key)"
                try RedisConnection(RedisConfiguration(url: url)).execute(RedisCommand("PING"))

                let both = "\(client.certificate).both"
                let certificate = try String(contentsOfFile: client.certificate, encoding: .utf8)
                let key = try String(contentsOfFile: client.key, encoding: .utf8)
                try (certificate + key).write(toFile: both, atomically: true, encoding: .utf8)
                let inOne = try #require(redis.tlsURL) + "&cert=\(both)"
                try RedisConnection(RedisConfiguration(url: inOne)).execute(RedisCommand("PING"))
            }
        }
    }

    @Test func filesThatCannotBeUsedAreNamed() throws {
        let authority = try LocalCertificateAuthority()
        let (one, other) = (try authority.issue(), try authority.issue())
        let empty = one.key + ".empty"
        try "".write(toFile: empty, atomically: true, encoding: .utf8)
        for (query, file) in [
            ("cacert=/nowhere/ca.pem", "cacert /nowhere/ca.pem: No such file"), ("cacert=\(empty)", "cacert \(empty)"),
            ("cert=\(empty)", "cert \(empty)"),
            ("cert=\(one.certificate)&key=/nowhere/key", "key /nowhere/key: No such file"),
            ("cert=\(one.certificate)&key=\(other.key)", "key \(other.key)"),
            ("cert=\(one.certificate)", "key \(one.certificate)"),
        ] {
            let configuration = try RedisConfiguration(url: "rediss://127.0.0.1?\(query)")
            let error = try #require(throws: RedisError.self) { try configuration.tls?.context() }
            #expect(error.code == .configuration && !error.isRetriable)
            #expect(error.message.contains(file), "\(error)")
        }
    }

    @Test func filesThatWereReplacedAreReadAgainAndUnfitOnesAreNot() throws {
        let (first, second) = (try LocalCertificateAuthority(), try LocalCertificateAuthority())
        let file = first.certificate + ".trusted"
        try FileManager.default.copyItem(atPath: first.certificate, toPath: file)
        let client = try #require(try RedisConfiguration(url: "rediss://h?cacert=\(file)").tls)
        let context = try client.context()
        try #expect(client.context() === context)
        try "half a fi".write(toFile: file, atomically: true, encoding: .utf8)
        try #expect(client.context() === context)
        try FileManager.default.removeItem(atPath: file)
        try #expect(client.context() === context)
        try FileManager.default.copyItem(atPath: second.certificate, toPath: file)
        try #expect(client.context() !== context)
        #expect(client.problem == nil)
    }

    /// A renewal that failed is noticed when what it was to replace has expired: then the error says what to mend.
    @Test func anErrorOfAHandshakeNamesFilesThatWereReplacedAndAreNotUsed() async throws {
        let (authority, other) = (try LocalCertificateAuthority(), try LocalCertificateAuthority())
        let file = other.certificate + ".trusted"
        try FileManager.default.copyItem(atPath: other.certificate, toPath: file)
        try await withLocalRedis(tls: try LocalTLS(authority)) { redis in
            let port = try #require(redis.tlsPort)
            let configuration = try RedisConfiguration(url: "rediss://127.0.0.1:\(port)?cacert=\(file)")
            let wrong = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
            #expect(!wrong.message.contains("replaced"))
            try "half a fi".write(toFile: file, atomically: true, encoding: .utf8)
            let stale = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
            #expect(stale.message.contains("have been replaced and are not used") && stale.message.contains(file))
        }
    }

    // MARK: Servers that fail

    @Test func aPlainServerIsNotSpokenToInTheClear() async throws {
        try await withLocalRedis { redis in
            let error = try #require(throws: RedisError.self) {
                try RedisConnection(RedisConfiguration(url: "rediss://127.0.0.1:\(redis.port)"))
            }
            // Redis 7.0 answers the first message with an error of its own, or closes.
            #expect(error.code == .connectionFailed && error.message.hasSuffix("in the TLS handshake"))
        }
        try await withRawServer({ client in
            _ = send(client, "+OK hello\r\n", 11, Int32(MSG_NOSIGNAL))
            drain(client)
        }) { port in
            let error = try #require(throws: RedisError.self) {
                try RedisConnection(RedisConfiguration(url: "rediss://127.0.0.1:\(port)"))
            }
            #expect(error.message.contains("does not speak TLS"))
        }
    }

    @Test func aHandshakeWithASilentServerEndsWithTheConnectTimeout() async throws {
        try await withRawServer({ drain($0) }) { port in
            let url = "rediss://127.0.0.1:\(port)?connect_timeout=0.2"
            let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
            #expect(error.code == .connectionFailed && error.isRetriable)
            #expect(
                error.message
                    == "cannot connect to rediss://127.0.0.1:\(port): no answer within 0.2 seconds, in the TLS handshake"
            )
        }
    }

    @Test(arguments: [0, 1, 100])
    func aConnectionThatIsCutAmidTheHandshakeIsAFailedOne(bytes: Int) async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            let target = try #require(redis.tlsPort)
            try await withRawServer({ client in
                // The first message goes to the server, and so many bytes of its answer come back.
                let server = connected(to: target)
                defer { close(server) }
                var buffer = [UInt8](repeating: 0, count: 16_384)
                let hello = recv(client, &buffer, buffer.count, 0)
                guard hello > 0 else { return }
                _ = send(server, buffer, hello, Int32(MSG_NOSIGNAL))
                guard recv(server, &buffer, buffer.count, 0) >= bytes else { return }
                _ = send(client, buffer, bytes, Int32(MSG_NOSIGNAL))
            }) { port in
                let url = "rediss://127.0.0.1:\(port)?cacert=\(authority.certificate)"
                let error = try #require(throws: RedisError.self) { try RedisConnection(RedisConfiguration(url: url)) }
                #expect(error.code == .connectionFailed && error.isRetriable)
                #expect(error.message.contains("the server closed the connection, in the TLS handshake"))
            }
        }
    }

    @Test func aFrozenServerIsGivenUpAfterTheReplyTimeoutAndAKilledOneAtOnce() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            var configuration = try RedisConfiguration(url: try #require(redis.tlsURL))
            let other = try RedisConnection(configuration)
            configuration.replyTimeout = .milliseconds(200)
            let (connection, sender) = (try RedisConnection(configuration), try RedisConnection(configuration))
            redis.pause()
            let error = try #require(throws: RedisError.self) { try connection.execute(RedisCommand("PING")) }
            #expect(error.code == .timeout && connection.isDead)
            // Enough that the system takes no more of it.
            let unsent = try #require(throws: RedisError.self) {
                for _ in 0..<1000 {
                    try sender.send(RedisCommand("ECHO", [UInt8](repeating: 0, count: 65_536)))
                    try sender.flush()
                }
            }
            #expect(unsent.code == .timeout)

            redis.kill()
            let lost = try #require(throws: RedisError.self) { try other.execute(RedisCommand("PING")) }
            #expect(lost.code == .connectionLost && lost.isRetriable)
        }
    }

    @Test func writingThroughTLSToAServerThatIsGoneIsAnErrorAndNotASignal() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            redis.kill()
            let error = try #require(throws: RedisError.self) {
                for _ in 0..<100 {
                    try connection.send(RedisCommand("ECHO", [UInt8](repeating: 0, count: 65_536)))
                    try connection.flush()
                }
            }
            #expect(error.code == .connectionLost)
        }
    }

    // MARK: Much, and waiting

    @Test func aReplyAndACommandOfManyMegabytesComeWhole() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            // No two records begin alike. Made and compared by the system: byte by byte it would take a debug build long.
            let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            var bytes = Data()
            while bytes.count < 32 << 20 { bytes.append(contentsOf: block) }
            try connection.execute(RedisCommand("SET", "k", [UInt8](bytes)))
            let isSame = try connection.execute(RedisCommand("GET", "k")) { reply in
                try reply.withBytes { Data($0) == bytes }
            }
            #expect(isSame)
        }
    }

    @Test func aHundredThousandCommandsGoThroughOnePipelineOfTLS() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            for number in 1...100_000 {
                try connection.send(RedisCommand("XADD", "s", "1-\(number)", "f", "a value of some length"))
            }
            try connection.receiveOutstanding()
            try #expect(redis.cli("XLEN", "s") == "100000")
            let count = try connection.execute(RedisCommand("XRANGE", "s", "-", "+")) { try $0.count }
            #expect(count == 100_000)
        }
    }

    @Test func aWaitForWorkThroughTLSEndsWhenTheProgramIsToStop() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            var pair: [Int32] = [-1, -1]
            #expect(pipe(&pair) == 0)
            let (stop, raise) = (pair[0], pair[1])
            defer { for end in [stop, raise] { close(end) } }
            let waiting = Thread {
                // Not before Redis has it, so that the wait is what ends.
                while (try? redis.cli("CLIENT", "LIST"))?.contains("cmd=blpop") != true {}
                _ = write(raise, "x", 1)
            }
            waiting.start()
            let error = try #require(throws: RedisError.self) {
                try connection.withReplyTimeout(.seconds(86_400)) {
                    try connection.interruptible(by: stop) {
                        try connection.execute(RedisCommand("BLPOP", "empty", 0))
                    }
                }
            }
            #expect(error.code == .interrupted && connection.isDead)
        }
    }

    @Test func whatWasDecryptedTogetherIsReadWithoutAWait() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority)) { redis in
            let connection = try RedisConnection(RedisConfiguration(url: try #require(redis.tlsURL)))
            // Larger than what is read at a time, so that OpenSSL holds the rest, and nothing more comes over the socket.
            var pair: [Int32] = [-1, -1]
            #expect(pipe(&pair) == 0)
            defer { for end in pair { close(end) } }
            for size in [1, 16_384, 131_072, 131_073, 1_000_000] {
                let bytes = [UInt8](repeating: 7, count: size)
                for _ in 0..<3 { try connection.send(RedisCommand("ECHO", bytes)) }
                try connection.interruptible(by: pair[0]) {
                    for _ in 0..<3 { try #expect(connection.receive { try $0.bytes() } == bytes) }
                }
            }
        }
    }

    /// What is said when a connection to the server's TLS port fails.
    private func refusal(of redis: LocalRedis, _ query: String, host: String = "127.0.0.1") throws -> String {
        let port = try #require(redis.tlsPort)
        let configuration = try RedisConfiguration(url: "rediss://:hunter2@\(host):\(port)?\(query)")
        let error = try #require(throws: RedisError.self) { try RedisConnection(configuration) }
        #expect(error.code == .connectionFailed && error.isConnectionDead, "\(error)")
        #expect(error.message.hasPrefix("cannot connect to rediss://:***@\(host):\(port): "), "\(error)")
        return error.message
    }
}
