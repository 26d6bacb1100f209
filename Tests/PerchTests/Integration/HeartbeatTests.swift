import LocalServers
import PerchTesting
import Postgres
import Redis
import Testing

@testable import Perch

@Suite struct HeartbeatTests {
    @Test(arguments: [true, false])
    func theSessionOfAnotherOwnerIsEndedExactlyWhenItsLeaseIsOver(isOver: Bool) async throws {
        try await withOrders { system, database in
            let owner = try PostgresConnection(try system.postgres)
            let store = LeaseStore(connection: try PostgresConnection(try system.postgres), group: "shipping")
            try store.declare([Partition("orders", 0)])
            try owner.execute(
                """
                INSERT INTO perch.workers (worker, group_name, host, pid, expires_at) VALUES ('another', 'shipping', 'there', 1,
                    clock_timestamp() + \(isOver ? -1 : 600) * interval '1 second')
                """
            )
            try owner.execute(
                """
                UPDATE perch.leases SET owner = 'another', epoch = 1, backend_pid = a.pid, backend_start = a.backend_start,
                    expires_at = 'infinity'
                FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()
                """
            )
            _ = try beat(store, standing: ["self"], of: ["self"])
            guard isOver else {
                #expect(try owner.execute("SELECT 1") == 1, "an owner in good standing is left alone")
                return
            }
            let pid = owner.backendPID
            try await eventually("the session is gone") {
                try await database.query("SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(pid)") {
                    try $0.decode("n", as: Int.self)
                } == [0]
            }
        }
    }

    @Test func aHeartbeatWritesItsWorkersAndNoLease() async throws {
        try await withOrders { system, database in
            let store = LeaseStore(connection: try PostgresConnection(try system.postgres), group: "shipping")
            let worker = WorkerID(rawValue: "self")
            try store.declare(orders.allPartitions)
            try store.register(worker, host: "here", pid: 1, lease: .seconds(600))
            let taken = try store.acquire(worker: worker, limit: 4, keeping: [], lease: .seconds(600)).taken
            #expect(taken.count == 4)
            let before = try rows(store)
            let sight = try beat(store, standing: ["self"], of: ["self"])
            #expect(sight.owned.count == 4 && sight.view.claimable.total == 0)
            #expect(try rows(store) == before, "the same versions of the rows")
        }
    }

    @Test func aWorkerWhoseConnectionsDoNotStandDiesAndItsLeasesWithIt() async throws {
        try await withOrders { system, database in
            let store = LeaseStore(connection: try PostgresConnection(try system.postgres), group: "shipping")
            let worker = WorkerID(rawValue: "self")
            try store.declare(orders.allPartitions)
            #expect(try beat(store, standing: [], of: ["self"]).live == [], "one that never stood")
            #expect(try store.acquire(worker: worker, limit: 4, keeping: [], lease: .seconds(600)).taken == [])
            try store.register(worker, host: "here", pid: 1, lease: .seconds(600))
            #expect(try store.acquire(worker: worker, limit: 4, keeping: [], lease: .seconds(600)).taken.count == 4)
            #expect(try beat(store, standing: [], of: ["self"]).live == [worker], "its time is not over")
            try store.connection.execute("UPDATE perch.workers SET expires_at = clock_timestamp()")
            let sight = try beat(store, standing: [], of: ["self"])
            #expect(sight.live == [] && sight.view.claimable.total == 4)
        }
    }

    @Test func aLeaseThatItsWorkerDoesNotKnowOfIsGivenBack() async throws {
        try await withOrders { system, database in
            var settings = WorkerPool.Settings()
            settings.lease = .milliseconds(500)
            settings.heartbeat = .milliseconds(100)
            let subscription = Subscription(topic: "orders", handlers: [WriteDown()])
            try await running(system, subscription, settings) {
                try await eventually("all are held") { try await owned(database) == 4 }
                // As an acquisition whose COMMIT came after its worker had given it up.
                _ = try await database.execute(
                    """
                    INSERT INTO perch.checkpoints (group_name, topic, partition, epoch) VALUES ('shipping', 'orders', 4, 7);
                    """
                )
                _ = try await database.execute(
                    """
                    INSERT INTO perch.leases (group_name, topic, partition, owner, epoch, expires_at)
                    SELECT 'shipping', 'orders', 4, worker, 7, 'infinity' FROM perch.workers
                    """
                )
                try await eventually("its worker has taken it and knows of it") {
                    try await database.query("SELECT epoch FROM perch.leases WHERE partition = 4 AND owner IS NOT NULL")
                    {
                        try $0.decode("epoch", as: Int.self)
                    } == [8]
                }
                #expect(try await owned(database) == 5)
            }
        }
    }

    @Test func aWorkerThatCannotConnectKeepsNoShareFree() async throws {
        try await withOrders { system, database in
            let role = try await roleOfThreeConnections(database)
            var settings = WorkerPool.Settings()
            settings.lease = .milliseconds(500)
            settings.heartbeat = .milliseconds(100)
            let group = ConsumerGroup(
                name: "shipping",
                subscriptions: [Subscription(topic: "orders", handlers: [WriteDown()])]
            )
            let url = system.databaseURL.replacing("//postgres@", with: "//\(role)@")
            let limited = try PostgresConfiguration(url: url)
            let configuration = WorkerPool.Configuration(redis: try .init(url: system.redis.url), postgres: limited)
            func pool(workers: Int) throws -> WorkerPool {
                settings.workers = workers
                return try WorkerPool(
                    group: group,
                    contract: system.contract,
                    configuration: configuration,
                    settings: settings,
                    logger: system.logger
                )
            }
            let (first, second, relay) = (try pool(workers: 1), try pool(workers: 3), try system.relay(owner: "shop"))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await relay.run() }
                tasks.addTask { try await first.run() }
                try await eventually("one worker holds all") { try await owned(database) == 4 }
                // One connection is left for a heartbeat and three workers.
                tasks.addTask { try await second.run() }
                try await eventually("it is taken") { try await sessions(of: role, database) == 3 }
                for round in 1...20 {
                    try await database.transaction { tx in
                        try tx.publish((0..<20).map { Publication(OrderCounted(order: "order-\($0)", count: round)) })
                    }
                    try await eventually("all partitions are read, round \(round)") {
                        try await database.query("SELECT count(*) AS n FROM effects") {
                            try $0.decode("n", as: Int.self)
                        } == [round * 20]
                    }
                }
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
        }
    }

    /// Whoever is back first takes what has expired: a process that waits longer than the others loses all it held.
    @Test func afterAnyNumberOfFailuresAHeartbeatComesBackWithinTheUsualTime() {
        let settings = WorkerPool.Settings()
        var random = SplitMix64(seed: 7)
        for failures in [1, 2, 3, 10, 1000, .max] {
            for _ in 0..<1000 {
                let delay = HeartbeatBackoff.growing(to: settings.heartbeat).delay(after: failures, using: &random)
                #expect(delay >= .milliseconds(20) && delay <= settings.heartbeat)
            }
        }
        #expect(settings.heartbeat * 5 <= settings.lease)
    }

    // MARK: Helpers

    private func beat(_ store: LeaseStore, standing: [String], of workers: [String]) throws -> LeaseSight {
        let lease = Duration.seconds(600)
        let beat = try store.beat(standing.map(WorkerID.init(rawValue:)), host: "here", pid: 1, lease: lease)
        let sight = try store.look(workers.map(WorkerID.init(rawValue:)), lease: lease)
        #expect(sight.mark == beat.mark, "both count the workers that live in the same way")
        return sight
    }

    private func rows(_ store: LeaseStore) throws -> [String] {
        try store.connection.query("SELECT xmin::text || l::text AS l FROM perch.leases l ORDER BY partition") {
            try $0.decode("l", as: String.self)
        }
    }

    private func owned(_ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL") {
            try $0.decode("n", as: Int.self)
        }[0]
    }

    private func sessions(of role: String, _ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = \(role)") {
            try $0.decode("n", as: Int.self)
        }[0]
    }

    /// A role that may work, and may have three connections.
    private func roleOfThreeConnections(_ database: Database) async throws -> String {
        let name = "few_\(UInt32.random(in: 0 ... .max))"
        try await database.transaction { tx in
            try tx.execute("CREATE ROLE \(identifier: name) LOGIN CONNECTION LIMIT 3")
            try tx.execute(
                "GRANT pg_read_all_data, pg_write_all_data, pg_read_all_stats TO \(identifier: name)"
            )
            try tx.execute(
                "GRANT EXECUTE ON FUNCTION perch.admit_group(text, interval) TO \(identifier: name)"
            )
        }
        return name
    }
}
