import LocalServers
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// Programs of the release before groups in a database that was migrated under them.
@Suite(.serialized) struct FormerReleaseTests {
    private static let topic = TopicContract(
        name: "orders",
        owner: "shop",
        key: "order",
        partitions: 4,
        groups: ["shipping", "stock"],
        events: []
    )

    @Test func workersOfBothReleasesShareAGroupAndASecondOneWaitsForTheLastOfThem() async throws {
        try await withLocalRedis { redis in
            let url = try LocalPostgres.shared().createDatabase()
            let configuration = try PostgresConfiguration(url: url)
            let connection = try PostgresConnection(configuration)
            try Migrator.migrate(connection, component: "perch", FormerWorker.migrations)
            let former = try FormerWorker("there-1-x/1", configuration)
            try former.declare("shipping", "orders", partitions: 4)
            try former.beat(lease: 600_000)
            var held = try former.acquire(limit: 2, lease: 600_000)
            try former.park(held[0], at: 1)

            // It goes on in the migrated database as if nothing were.
            let system = try TestSystem(
                contract: Contract(topics: [Self.topic]),
                owner: "shop",
                redis: redis,
                databaseURL: url
            )
            try former.declare("shipping", "orders", partitions: 4)
            #expect(try former.beat(holding: held, lease: 600_000) == (1, 2))
            try former.park(held[0], at: 2)
            try former.park(held[0], at: 3)
            try former.confirm(held[0])
            try former.record()
            let carried = try connection.query(
                """
                SELECT group_name FROM perch.leases UNION SELECT group_name FROM perch.checkpoints
                UNION SELECT group_name FROM perch.failed_events UNION SELECT group_name FROM perch.workers
                UNION SELECT group_name FROM perch.operations UNION SELECT group_name FROM perch.groups
                """
            ) { try $0.decode("group_name", as: String.self) }
            #expect(carried == ["shipping"])
            // Its rounds left positions that no event has; the streams begin at 1.
            try connection.execute("DELETE FROM perch.failed_events")
            try connection.execute("UPDATE perch.checkpoints SET position = 0, entry_id = '0-0'")

            // A worker of this release takes what is free, and neither takes what the other holds.
            var settings = WorkerPool.Settings()
            settings.lease = .seconds(600)
            let shipping = try system.pool(Self.group("shipping"), settings: settings)
            let running = Task { try await shipping.run() }
            try await eventually("each has two") {
                try connection.query(
                    "SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL GROUP BY owner"
                ) { try $0.decode("n", as: Int.self) } == [2, 2]
            }
            let sight = try former.beat(holding: held, lease: 600_000)
            #expect(sight.live == 2 && sight.claimable == 0, "it sees that the other lives")
            #expect(try former.acquire(limit: 4, lease: 600_000).count == 2, "its own, and no other")
            held = try former.acquire(limit: 0, lease: 600_000)

            // Another group would be eaten by it.
            let stock = LeaseStore(connection: connection, group: "stock")
            #expect(throws: FormerReleaseAtWork(group: "stock", workers: ["there-1-x/1"])) { try stock.declare([]) }

            // Its pool waits for that.
            let stocking = ConsumerGroup(
                name: "stock",
                subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])]
            )
            let pool = try system.pool(stocking)
            let waiting = Task { try await pool.run() }

            running.cancel()
            try await running.value

            // A frozen one that wakes later: its leases are not over, and its name is in them.
            try connection.execute("UPDATE perch.workers SET heartbeat_at = '-infinity' WHERE expires_at IS NULL")
            try await eventually("the other group is admitted, and takes its partitions") {
                try connection.query(
                    "SELECT count(*) AS n FROM perch.leases WHERE group_name = 'stock' AND owner IS NOT NULL"
                ) { try $0.decode("n", as: Int.self) } == [4]
            }
            waiting.cancel()
            try await waiting.value
            expectRefused { try former.beat(lease: 600_000) }
            expectRefused { try former.declare("shipping", "orders", partitions: 4) }
            #expect(throws: PostgresError.self, "its session was ended") { try former.confirm(held[0]) }
            let again = try FormerWorker("there-1-x/1", configuration)
            expectRefused { _ = try again.acquire(limit: 4, lease: 600_000) }
            expectRefused { try again.record() }
        }
    }

    @Test func aGroupOfTheReleaseBeforeThatIsNotTheCarriedOneIsRefused() throws {
        let configuration = try PostgresConfiguration(url: try LocalPostgres.shared().createDatabase())
        let connection = try PostgresConnection(configuration)
        try Migrator.migrate(connection, component: "perch", FormerWorker.migrations)
        let former = try FormerWorker("there-1-x/1", configuration)
        try former.declare("shipping", "orders", partitions: 4)
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        expectRefused { try former.declare("stock", "orders", partitions: 4) }
    }

    @Test func aDatabaseThatCarriesNoGroupTakesNoProgramOfTheReleaseBefore() throws {
        let configuration = try PostgresConfiguration(url: try LocalPostgres.shared().createDatabase())
        try Migrator.migrate(try PostgresConnection(configuration), component: "perch", Migration.perch)
        let former = try FormerWorker("there-1-x/1", configuration)
        expectRefused { try former.declare("shipping", "orders", partitions: 4) }
        expectRefused { try former.beat(lease: 5000) }
        expectRefused { try former.record() }
    }

    /// By an error whose text, as that release logs it, says what to do.
    private func expectRefused(_ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) {
        #expect(sourceLocation: location) {
            try body()
        } throws: { error in
            let refusal = error as? PostgresError
            return refusal?.sqlState == .formerRelease
                && refusal?.description.contains("stop this program and start its present release") == true
        }
    }

    private static func group(_ name: GroupName) -> ConsumerGroup {
        ConsumerGroup(name: name, subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])])
    }
}
