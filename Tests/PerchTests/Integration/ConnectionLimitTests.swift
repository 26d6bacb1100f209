import LocalServers
import Perch
import PerchTesting
import Testing

/// A worker loses its connection while events flow, and its role may have no more.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ConnectionLimitTests {
    @Test func noPartitionStaysWithAWorkerThatMayNotConnect() async throws {
        let server = try LocalPostgres.shared()
        let role = "few_\(UInt32.random(in: 0 ... .max))"
        try server.psql("CREATE ROLE \(role) LOGIN")
        try server.psql("GRANT pg_read_all_data, pg_write_all_data, pg_read_all_stats TO \(role)")
        let name = String(try #require(try server.createDatabase(owner: role).split(separator: "/").last))
        func ask(_ sql: String) throws -> Int { try #require(Int(try server.psql(sql, database: name))) }
        let owners = "SELECT count(DISTINCT owner) FROM perch.leases WHERE owner IS NOT NULL"

        try await withLocalRedis { redis in
            let traffic = try await ExactTraffic(
                redis: redis,
                databaseURL: server.url(database: name, user: role),
                publisherURL: server.url(database: name)
            )
            try await traffic.isExact {
                try await eventually("both workers have a share") { try ask(owners) == 2 }
                let connections = try ask("SELECT count(*) FROM pg_stat_activity WHERE usename = '\(role)'")
                try server.psql("ALTER ROLE \(role) CONNECTION LIMIT \(connections - 1)")
                let ended = try server.psql(
                    "SELECT pg_terminate_backend(min(backend_pid)) FROM perch.leases WHERE owner IS NOT NULL",
                    database: name
                )
                #expect(ended == "t")
                try await eventually("the other has all") { try ask(owners) == 1 }
                try await traffic.flowsAgain(in: (0..<orders.partitions).map { PartitionNumber(rawValue: $0) })
                try #expect(ask(owners) == 1)
            } then: {
                try server.psql("ALTER ROLE \(role) CONNECTION LIMIT -1")
                try await eventually("both workers have a share") { try ask(owners) == 2 }
            }
        }
    }
}
