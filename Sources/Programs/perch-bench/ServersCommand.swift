import ArgumentParser
import Foundation
import LocalServers

/// The same private servers for who measures something else, such as the peers.
struct ServersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "servers",
        abstract: "Starts the private servers and keeps them until the end of the input.",
        discussion: """
            It prints a line with the port of Redis, its pid, and the port and pid of Postgres. The database `template` has
            the tables `ledger` and `accounts`.
            """,
        shouldDisplay: false
    )

    func run() async throws {
        try await withLocalRedis(settings: BenchServers.redisSettings) { redis in
            try await withLocalPostgres(fsync: true, settings: BenchServers.postgresSettings) { postgres in
                try postgres.psql("CREATE DATABASE template")
                try postgres.psql(BenchServers.tables, database: "template")
                let line = "\(redis.port) \(redis.pid ?? 0) \(postgres.port) \(postgres.pid ?? 0)\n"
                FileHandle.standardOutput.write(Data(line.utf8))
                while readLine() != nil {}
            }
        }
    }
}
