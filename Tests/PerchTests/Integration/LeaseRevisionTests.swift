import LocalServers
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// By what a heartbeat knows that the leases have to be looked at again.
@Suite(.timeLimit(.minutes(30))) struct LeaseRevisionTests {
    private static let lease = Duration.seconds(600)

    @Test(arguments: [
        ("UPDATE perch.leases SET owner = 'w' WHERE partition = 0", true),
        ("UPDATE perch.leases SET epoch = epoch + 1", true),
        ("UPDATE perch.leases SET paused_at = clock_timestamp()", true),
        ("INSERT INTO perch.leases (group_name, topic, partition) VALUES ('shipping', 'orders', 9)", true),
        ("DELETE FROM perch.leases WHERE partition = 0", true),
        (
            "INSERT INTO perch.failure_revisions (group_name, topic, partition, revision) VALUES ('shipping', 'orders', 0, 1)",
            true
        ),
        (
            "INSERT INTO perch.layouts (topic, generation, partitions, next_partitions, ends) VALUES ('orders', 1, 2, 4, '{0,0}')",
            true
        ),
        ("UPDATE perch.leases SET expires_at = 'infinity'", false),
        ("UPDATE perch.checkpoints SET position = position + 1", false),
        ("UPDATE perch.leases SET owner = 'w' WHERE partition = 77", false),
    ])
    func aChangeOfTheLeasesRaisesTheRevisionAndNothingElseDoes(_ change: String, isRaising: Bool) async throws {
        try await withOrders { system, database in
            let store = try declared(system)
            let before = try store.beat([], host: "here", pid: 1, lease: Self.lease).mark
            try store.connection.executeScript(change)
            let after = try store.beat([], host: "here", pid: 1, lease: Self.lease).mark
            #expect(after.revision == before.revision + (isRaising ? 1 : 0), "once a transaction, however many rows")
            #expect(after.living == before.living)
        }
    }

    @Test func theRevisionIsSeenTogetherWithWhatItStandsForAndNobodyWaitsForIt() async throws {
        try await withOrders { system, database in
            let store = try declared(system)
            let (one, other) = (
                try PostgresConnection(try system.postgres), try PostgresConnection(try system.postgres)
            )
            try other.executeScript("SET lock_timeout = '1ms'")
            func revision() throws -> Int64 {
                try store.beat([], host: "here", pid: 1, lease: Self.lease).mark.revision
            }
            let start = try revision()
            let long = try one.begin()
            // Their answers are waited for: the server has executed them.
            for partition in [0, 1] as [Int32] {
                let rows = try long.affectedRows(
                    "UPDATE perch.leases SET epoch = epoch + 1 WHERE partition = \(partition)"
                )
                #expect(rows == 1)
            }
            #expect(try revision() == start, "it is not committed")
            for _ in 0..<2 { try other.execute("UPDATE perch.leases SET epoch = epoch + 1 WHERE partition = 2") }
            #expect(try revision() == start + 2)
            try long.commit()
            #expect(try revision() == start + 3)
            let undone = try one.begin()
            #expect(try undone.affectedRows("UPDATE perch.leases SET epoch = epoch + 1") == 4)
            undone.rollback()
            #expect(try revision() == start + 3)
        }
    }

    @Test func aChangeOfPartitionsIsLookedAtUntilWhatWaitsIsReadAndNoLonger() async throws {
        try await withOrders { system, database in
            let store = try declared(system)
            func isSettled() throws -> Bool { try store.look([], lease: Self.lease).isSettled }
            #expect(try isSettled())
            try store.connection.executeScript(
                """
                INSERT INTO perch.layouts (topic, generation, partitions, next_partitions, ends) VALUES ('orders', 1, 2, 4, '{5,5}')
                """
            )
            #expect(try !isSettled(), "two partitions wait for what no revision tells of")
            #expect(try store.look([], lease: Self.lease).view.shared == ["orders": 2])
            try store.connection.executeScript("UPDATE perch.checkpoints SET position = 5")
            #expect(try isSettled())
            #expect(try store.look([], lease: Self.lease).view.shared == ["orders": 4])
            try store.connection.executeScript(
                """
                INSERT INTO perch.layouts (topic, generation, partitions, next_partitions, ends)
                VALUES ('orders', 2, 4, 2, '{5,5,5,5}')
                """
            )
            #expect(try isSettled(), "what the present layout does not have waits for nothing but another layout")
            #expect(try store.look([], lease: Self.lease).view.shared == ["orders": 2])
        }
    }

    @Test func aWorkerOfTheReleaseBeforeIsLookedAtWithEachBeat() async throws {
        try await withOrders { system, database in
            let store = try declared(system)
            func beat() throws -> LeaseBeat { try store.beat([], host: "here", pid: 1, lease: Self.lease) }
            #expect(try beat().isSettled)
            try store.connection.executeScript(
                "INSERT INTO perch.workers (worker, group_name, host, pid) VALUES ('former', 'shipping', 'there', 1)"
            )
            #expect(try !beat().isSettled)
            try store.connection.executeScript(
                """
                UPDATE perch.leases SET owner = 'former', expires_at = 'infinity' WHERE partition = 0;
                UPDATE perch.leases SET owner = 'former', expires_at = '-infinity' WHERE partition = 1;
                """
            )
            #expect(try store.look([], lease: Self.lease).view.claimable.total == 3, "its leases have their own times")
            try store.leave([WorkerID(rawValue: "former")])
            #expect(try beat().isSettled)
            #expect(try store.look([], lease: Self.lease).view.claimable.total == 4)
        }
    }

    private func declared(_ system: TestSystem) throws -> LeaseStore {
        let store = LeaseStore(connection: try PostgresConnection(try system.postgres), group: "shipping")
        try store.declare(orders.allPartitions)
        return store
    }
}
