import Foundation
import LocalServers
import Logging
import PerchTesting
import Postgres
import Synchronization
import Testing

@testable import Perch

/// A database with a schedule that recurs each minute, and what it does.
struct SchedulingOffice: Sendable {
    let url: String
    /// Of the test's own.
    nonisolated(unsafe) let connection: PostgresConnection
    let clock = SetClock()
    let contract = Contract(topics: [orders])

    func schedule(
        missed: MissedTicks = .all,
        _ handler: @escaping @Sendable (Tick, borrowing Transaction) throws -> Void
    ) throws -> Schedule {
        try Schedule("minute", .every(.seconds(60)), missed: missed, handler: handler)
    }

    func scheduler(_ schedules: [Schedule]) throws -> Scheduler {
        var settings = Scheduler.Settings()
        settings.look = .milliseconds(10)
        let clock = clock
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try Scheduler(
            service: "shop",
            schedules: schedules,
            contract: contract,
            postgres: try PostgresConfiguration(url: url),
            settings: settings,
            logger: logger,
            clock: { clock.look() }
        )
    }

    /// The schedules are declared when the body begins, and all has ended gracefully when this returns.
    func running(_ schedules: [Schedule], schedulers count: Int = 1, _ body: () async throws -> Void) async throws {
        let running = try (0..<count).map { _ in
            let scheduler = try scheduler(schedules)
            return Task { try await scheduler.run() }
        }
        do {
            try await looks(3)
            try await body()
        } catch {
            for task in running { task.cancel() }
            throw error
        }
        for task in running { task.cancel() }
        for task in running { try await task.value }
    }

    /// Waits until the schedulers have looked so many more times.
    func looks(_ count: Int) async throws {
        let before = clock.looks
        try await eventually("\(count) looks") { clock.looks >= before + count }
    }

    func write(_ tick: Tick, _ tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO effects (tick) VALUES (\(tick.time))")
    }

    func effects() throws -> [String] {
        try connection.query("SELECT to_char(tick AT TIME ZONE 'UTC', 'HH24:MI') AS t FROM effects ORDER BY sequence") {
            try $0.decode("t", as: String.self)
        }
    }

    func isDone(_ ticks: String...) async throws {
        try await eventually("\(ticks) are done") { try effects().count >= ticks.count }
        #expect(try effects() == ticks)
    }

    /// A column of the only schedule, times as everywhere.
    func row(_ column: String) throws -> String {
        try connection.query(
            """
            SELECT coalesce(to_jsonb(s) ->> \(column), '') AS text, next_tick, last_tick FROM perch.schedules s
            """
        ) { row in
            switch column {
            case "next_tick": try row.decodeIfPresent("next_tick", as: Timestamp.self)?.description ?? ""
            case "last_tick": try row.decodeIfPresent("last_tick", as: Timestamp.self)?.description ?? ""
            default: try row.decode("text", as: String.self)
            }
        }.first ?? ""
    }
}

func withSchedules(_ body: (SchedulingOffice) async throws -> Void) async throws {
    let url = try LocalPostgres.shared().createDatabase()
    let connection = try PostgresConnection(PostgresConfiguration(url: url))
    let office = SchedulingOffice(url: url, connection: connection)
    try ServiceDatabase.prepare(connection, owner: "shop", contract: office.contract)
    try connection.execute("CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, tick timestamptz)")
    try await body(office)
}

/// Stands until it is set; knows how often it was looked at.
final class SetClock: Sendable {
    private let state = Mutex((time: "2026-11-22T12:00:30.000Z", looks: 0))

    var looks: Int { state.withLock { $0.looks } }

    func set(_ time: String) { state.withLock { $0.time = time } }

    func look() -> Timestamp {
        state.withLock { state in
            state.looks += 1
            return Timestamp(state.time) ?? Timestamp(milliseconds: 0)
        }
    }
}
