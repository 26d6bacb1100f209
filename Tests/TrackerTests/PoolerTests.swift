import Foundation
import LocalServers
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

/// Tracker's API on a database that it reaches through a pooler in transaction mode.
@Suite(.enabled(if: LocalPooler.isInstalled, "pgbouncer is not installed: apt-get install pgbouncer"))
struct PoolerTests {
    @Test func theAPIWorksThroughAPoolerInTransactionMode() async throws {
        let tracker = try TrackerFixture()
        let employee = try #require(try tracker.hire(1).first)
        let pooler = try LocalPooler(for: LocalPostgres.shared(), mode: .transaction, sessions: 2)
        let name = try #require(tracker.url.split(separator: "/").last)
        let configuration = try PostgresConfiguration(url: "\(pooler.url(database: String(name)))?pooled=transaction")
        let database = Database(configuration, contract: tracker.contract, size: 8, acquireTimeout: .seconds(3600))
        try await withAPI(Tracker.api(database: database)) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let created = try await client.call(
                            .post,
                            "/v1/tickets",
                            as: .someone(.accountant),
                            body: #"{"title": "Mend coop \#(number)"}"#
                        )
                        #expect(created.status == 201)
                        let id = try #require(try created.json["ticket_id"]?.string)
                        let closed = try await client.call(
                            .post,
                            "/v1/tickets/\(id)/close",
                            as: .user(employee, .employee)
                        )
                        #expect(closed.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            let list = try await client.call(.get, "/v1/tickets?status=closed", as: .user(employee, .employee))
            #expect(list.status == 200)
        }
        #expect(try tracker.published().count == 80)
        await database.close()
    }
}
