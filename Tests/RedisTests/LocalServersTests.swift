import Foundation
import Testing

@testable import LocalServers

@Suite struct LocalServersTests {
    @Test func aRedisKeepsItsDataOverAStopAndForgetsNothingWritten() throws {
        let redis = try LocalRedis()
        try redis.start()
        try #expect(redis.cli("SET", "colour", "blue") == "OK")
        redis.stop()
        #expect(!redis.isRunning)
        try redis.start()
        try #expect(redis.cli("GET", "colour") == "blue")
    }

    @Test func aRedisWithAPasswordStartsAndItsToolsKnowThePassword() async throws {
        try await withLocalRedis(password: "s \"3\\cret") { redis in
            try #expect(redis.cli("PING") == "PONG")
            #expect(redis.url == "redis://:s%20%223%5Ccret@127.0.0.1:\(redis.port)")
        }
    }

    @Test func aPortThatIsTakenFailsWithTheEndOfTheLog() async throws {
        try await withLocalRedis { first in
            let second = try LocalRedis(port: first.port)
            let error = #expect(throws: LocalServerError.self) { try second.start() }
            #expect(error?.code == .startFailed)
            #expect(error?.message.contains("Address already in use") == true)
        }
    }

    @Test func aPostgresKeepsItsDataOverACrashAndChecksPasswords() async throws {
        try await withLocalPostgres(authentication: .password("p@ss/word")) { postgres in
            let url = try postgres.createDatabase("shop")
            #expect(url == "postgresql://postgres:p%40ss%2Fword@127.0.0.1:\(postgres.port)/shop")
            try postgres.psql("CREATE TABLE t AS SELECT 41 + 1 AS n", database: "shop")
            postgres.kill()
            try postgres.start()
            try #expect(postgres.psql("SELECT n FROM t", database: "shop") == "42")
            try #expect(postgres.psql("SHOW max_connections") == "200")
            let method = try postgres.psql("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
            #expect(method == "scram-sha-256")
        }
    }

    @Test func theSharedPostgresGivesEachCallerADatabaseOfItsOwn() throws {
        let postgres = try LocalPostgres.shared()
        let again = try LocalPostgres.shared()
        #expect(postgres === again)
        try #expect(postgres.createDatabase() != postgres.createDatabase())
        try #expect(postgres.psql("SHOW fsync") == "off")
    }

    @Test func aProgramThatIsMissingIsNamedWithThePackageThatBringsIt() {
        let error = #expect(throws: LocalServerError.self) {
            try Program("perch-has-no-such-server", package: "redis-server")
        }
        #expect(error?.code == .missingProgram)
        #expect(error?.message.contains("perch-has-no-such-server is not installed") == true)
        #expect(error?.message.hasSuffix("On Debian and Ubuntu: apt-get install redis-server") == true)
    }

    @Test func theSharedRedisIsOneForAllWhoAsk() throws {
        let (first, second) = (try LocalRedis.shared(), try LocalRedis.shared())
        #expect(first === second && first.isRunning)
    }

    @Test func aDatabaseIsACopyOfItsTemplateAndIsGoneOnceItIsDropped() throws {
        let postgres = try LocalPostgres.shared()
        let (original, copy) = ("template_\(UInt32.random(in: 0 ... .max))", "copy_\(UInt32.random(in: 0 ... .max))")
        _ = try postgres.createDatabase(original)
        try postgres.psql("CREATE TABLE t AS SELECT 42 AS n", database: original)
        _ = try postgres.createDatabase(copy, template: original)
        try #expect(postgres.psql("SELECT n FROM t", database: copy) == "42")
        try postgres.dropDatabase(copy)
        try postgres.dropDatabase(copy)
        #expect(throws: LocalServerError.self) { try postgres.psql("SELECT 1", database: copy) }
        try postgres.dropDatabase(original)
    }

    @Test func temporaryFoldersAreRemoved() async throws {
        var folders: [String] = []
        await #expect(throws: CancellationError.self) {
            try await withLocalServers { redis, postgres in
                folders = [redis.folderPath, postgres.folderPath]
                throw CancellationError()
            }
        }
        #expect(folders.count == 2)
        for folder in folders { #expect(!FileManager.default.fileExists(atPath: folder)) }
    }
}
