import LocalServers
import PerchTesting
import Postgres
import Testing

@testable import Perch

@Suite struct HeartbeatTests {
    @Test(arguments: [true, false])
    func theSessionOfAnotherOwnerIsEndedExactlyWhenItsLeaseIsOver(isOver: Bool) async throws {
        try await withOrders { system, database in
            let owner = try PostgresConnection(try system.postgres)
            try owner.execute(
                """
                INSERT INTO perch.leases (topic, partition, owner, epoch, backend_pid, backend_start, expires_at)
                SELECT 'orders', 0, 'another', 1, pid, backend_start,
                    clock_timestamp() + \(isOver ? -1 : 60) * interval '1 second'
                FROM pg_stat_activity WHERE pid = pg_backend_pid()
                """
            )
            let store = LeaseStore(connection: try PostgresConnection(try system.postgres))
            _ = try store.heartbeat(
                [WorkerID(rawValue: "self")],
                holding: [],
                host: "here",
                pid: 1,
                lease: .seconds(5)
            )
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
}
