import Foundation
import LocalServers
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit

@testable import Tracker

/// Tracker on a database of its own, prepared as its migrations do.
struct TrackerFixture {
    let url: String
    let connection: PostgresConnection
    let harness: HandlerHarness
    let contract: Contract
    let tickets = Tickets()

    /// - Parameter version: Only migrations up to this one; nil: all of them.
    init(upTo version: Int? = nil) throws {
        contract = try Contract.load()
        url = try LocalPostgres.shared().createDatabase()
        connection = try PostgresConnection(PostgresConfiguration(url: url))
        try ServiceDatabase.prepare(
            connection,
            owner: Tracker.service.name,
            contract: contract,
            migrations: Array(Tracker.migrations.prefix(version ?? .max))
        )
        harness = HandlerHarness(group: Tracker.consumerGroup, connection: connection)
    }

    /// Applies the migrations that are missing.
    func migrate() throws {
        try DatabasePreparation.run(connection: connection, service: Tracker.service, contract: contract)
    }

    var database: Database {
        get throws { Database(try PostgresConfiguration(url: url), size: 3, acquireTimeout: .seconds(3600)) }
    }

    /// Lets tracker hear of new employees.
    func hire(_ count: Int) throws -> [UUID] {
        var streams = TestStreams(contract: contract)
        let employees = (0..<count).map { _ in UUID.v7() }
        for employee in employees { try streams.append(UserCreated(userID: employee, role: .employee)) }
        try harness.deliver(Array(streams.deliveries.values.joined()))
        return employees
    }

    func create(_ title: String = "Mend the coop") throws -> Ticket {
        var generator = SystemRandomNumberGenerator()
        return try connection.transaction { tx in
            try tickets.create(title: title, by: .v7(), in: tx, using: &generator)
        }
    }

    /// Type, version and data of what was published, in order.
    func published() throws -> [String] {
        try connection.query("SELECT type || '/' || version || ' ' || data::text FROM perch.outbox ORDER BY sequence") {
            try $0.decode(0, as: String.self)
        }
    }
}
