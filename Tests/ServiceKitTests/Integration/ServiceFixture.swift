import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import ServiceKit

/// An event for tests.
struct ParcelSent: Event {
    static let type: EventType = "parcel_sent"
    static let topic: TopicName = "parcels"
    let parcel: String
    var version: Int { 1 }
    var key: String { parcel }
}

let parcels = TopicContract(name: "parcels", owner: "post", key: "parcel", partitions: 2, groups: ["post"], events: [])

let post = ServiceDescription(
    name: "post",
    migrations: [Migration(version: 1, name: "sent", sql: "CREATE TABLE sent (parcel text)")],
    grants: { _ in "" }
)

/// Lends a service's database, prepared, and a Redis, both its own, so that they can be taken away.
func withPost(_ body: (TestSystem, Database, LocalPostgres) async throws -> Void) async throws {
    try await withLocalServers { redis, postgres in
        let url = try postgres.createDatabase()
        let contract = Contract(topics: [parcels])
        let system = try TestSystem(contract: contract, owner: "post", redis: redis, databaseURL: url)
        var configuration = try PostgresConfiguration(url: url)
        configuration.connectTimeout = .milliseconds(500)
        configuration.replyTimeout = .milliseconds(500)
        try DatabasePreparation.run(
            connection: try PostgresConnection(configuration),
            service: post,
            contract: contract
        )
        let database = Database(configuration, size: 2)
        try await body(system, database, postgres)
        await database.close()
    }
}

/// Runs a relay and a pool while the body runs.
func whileRunning(_ relay: OutboxRelay, _ pool: WorkerPool, _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await relay.run() }
        tasks.addTask { try await pool.run() }
        try await body()
        tasks.cancelAll()
        try await tasks.waitForAll()
    }
}

extension TestSystem {
    /// How the service `post` is, for its metrics.
    func status(patience: Duration = .milliseconds(200)) throws -> SystemStatus {
        SystemStatus(
            OperatedSystem(
                SystemConnections(
                    contract: contract,
                    redis: try RedisConfiguration(url: redis.url),
                    databases: ["post": try postgres],
                    patience: patience,
                    databasePatience: patience
                )
            )
        )
    }
}
