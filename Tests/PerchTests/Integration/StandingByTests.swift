import LocalServers
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// Of several relays of a service one is active; which one matters for nothing but the work it saves.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StandingByTests {
    @Test func ofTwoRelaysOneWorksAndTheOtherGoesOnWhenItEnds() async throws {
        try await withOrders { system, database in
            let status = try self.status(system)
            let (one, other) = (try system.relay(owner: "shop"), try system.relay(owner: "shop"))
            let first = Task { try await one.run() }
            try await eventually("it is active") { try await status.relays().relays.map(\.isActive) == [true] }
            let second = Task { try await other.run() }
            try await eventually("both run, one of them is active") {
                try await status.relays().relays.map(\.isActive) == [true, false]
            }
            #expect(try await status.relays().relays.allSatisfy { $0.owner == "shop" })
            try await publish(5, database)
            try await eventually("all have a position") { try await logged(database) == 5 }
            // Looked at when each must have got on since it was made.
            let (clock, start) = (ContinuousClock(), ContinuousClock.now)
            try await eventually("both get on, also the one that stands by") {
                clock.now - start > .seconds(3) && one.progress.age < .seconds(2) && other.progress.age < .seconds(2)
            }
            first.cancel()
            try await first.value
            try await eventually("the other is active") { try await status.relays().relays.map(\.isActive) == [true] }
            try await publish(5, database)
            try await eventually("and gives positions") { try await logged(database) == 10 }
            second.cancel()
            try await second.value
            try await eventually("its session is over") { try await status.relays().relays.isEmpty }
        }
    }

    @Test func aRelayThatLosesItsSessionIsFollowedByTheOther() async throws {
        try await withOrders { system, database in
            let (one, other) = (try system.relay(owner: "shop"), try system.relay(owner: "shop"))
            let running = [Task { try await one.run() }, Task { try await other.run() }]
            try await eventually("one is active") { try await active(database).count == 1 }
            for round in 1...3 {
                let before = try await active(database)
                _ = try await database.query("SELECT pg_terminate_backend(\(before[0])) AS done") {
                    try $0.decode("done", as: Bool.self)
                }
                try await publish(4, database)
                try await eventually("all have a position, round \(round)") { try await logged(database) == round * 4 }
                try await eventually("one is active, by another session") {
                    let now = try await active(database)
                    return now.count == 1 && now != before
                }
            }
            for task in running { task.cancel() }
            for task in running { try await task.value }
        }
    }

    /// As a frozen process: its session stands, and says nothing.
    @Test func anActiveRelayThatIsSilentIsEndedAndOneThatWorksIsNot() async throws {
        try await withOrders { system, database in
            let silent = try PostgresConnection(try system.postgres)
            var frozen = leadership(silent, silence: .seconds(600))
            #expect(try frozen.lead())
            #expect(try frozen.lead(), "it is still")
            var patient = leadership(try PostgresConnection(try system.postgres), silence: .seconds(600))
            #expect(try !patient.lead())
            #expect(try frozen.lead(), "it was not silent for long")
            var next = leadership(try PostgresConnection(try system.postgres), silence: .zero)
            try await eventually("its session is ended, and the lock is free") { try next.lead() }
            #expect(throws: PostgresError.self) { try frozen.lead() }
        }
    }

    @Test func aRelayKnowsWhetherAnotherOneOfTheSameTopicsStandsBy() async throws {
        try await withOrders { system, database in
            var one = leadership(try PostgresConnection(try system.postgres), silence: .seconds(600))
            #expect(try one.lead() && !one.hasStandby())
            var other = RelayLeadership(
                connection: try PostgresConnection(try system.postgres),
                sources: ["orders": "shop", "returns": "shop"],
                silence: .seconds(600)
            )
            #expect(try other.lead() && !one.hasStandby(), "it serves other topics")
            var next = leadership(try PostgresConnection(try system.postgres), silence: .seconds(600))
            #expect(try !next.lead() && one.hasStandby())
        }
    }

    @Test func relaysOfOtherTopicsAreActiveBesideEachOther() async throws {
        try await withOrders { system, database in
            var one = leadership(try PostgresConnection(try system.postgres), silence: .zero)
            var other = RelayLeadership(
                connection: try PostgresConnection(try system.postgres),
                sources: ["orders": "shop", "returns": "shop"],
                silence: .zero
            )
            #expect(try one.lead())
            #expect(try other.lead(), "it alone serves the topic that the first does not know")
            #expect(try one.lead())
        }
    }

    @Test func whatIsLeftOfARelayThatIsGoneIsNotShown() async throws {
        try await withOrders { system, database in
            _ = try await database.execute(
                "INSERT INTO perch.relays (backend_pid, owner, host, pid, serves) VALUES (2147483647, 'shop', 'gone', 1, 1)"
            )
            #expect(try await status(system).relays().relays.isEmpty)
            var next = leadership(try PostgresConnection(try system.postgres), silence: .seconds(600))
            #expect(try next.lead())
            #expect(try await number("SELECT count(*) AS n FROM perch.relays", database) == 1, "it was cleared away")
        }
    }

    // MARK: Helpers

    private func leadership(_ connection: PostgresConnection, silence: Duration) -> RelayLeadership {
        RelayLeadership(connection: connection, sources: ["orders": "shop"], silence: silence)
    }

    private func status(_ system: TestSystem) throws -> SystemStatus {
        SystemStatus(
            OperatedSystem(
                SystemConnections(
                    contract: system.contract,
                    redis: nil,
                    databases: ["shop": try system.postgres],
                    patience: .seconds(3600)
                )
            )
        )
    }

    private func publish(_ count: Int, _ database: Database) async throws {
        try await database.transaction { tx in
            try tx.publish((0..<count).map { Publication(OrderCounted(order: "order-\($0)", count: 1)) })
        }
    }

    private func logged(_ database: Database) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.log", database)
    }

    private func number(_ sql: SQL, _ database: Database) async throws -> Int {
        try await database.query(sql) { try $0.decode("n", as: Int.self) }.first ?? -1
    }

    /// The sessions of active relays.
    private func active(_ database: Database) async throws -> [Int32] {
        try await database.query(
            "SELECT l.pid FROM \(raw: RelayLeadership.locks) WHERE l.granted AND l.classid::bigint = \(Int64(RelayLeadership.active))"
        ) { try $0.decode("pid", as: Int32.self) }
    }
}
