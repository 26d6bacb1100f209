import Foundation
import LocalServers
import Logging
import Metrics
import MetricsTestKit
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Synchronization
import Testing

@testable import Perch

/// Schedules on a real Postgres, under a clock that the test moves.
@Suite(.serialized, .timeLimit(.minutes(30))) struct SchedulerTests {
    @Test func whatATickDoesAndPublishesAndItsNoteCommitTogether() async throws {
        try await withSchedules { office in
            let fails = Flag()
            let schedule = try office.schedule { tick, tx in
                try office.write(tick, tx)
                try tx.publish(OrderCounted(order: "\(tick.time)", count: 1))
                if fails.isSet { throw Refused() }
            }
            try await office.running([schedule]) {
                #expect(try office.row("next_tick") == "2026-11-22T12:01:00.000Z")
                office.clock.set("2026-11-22T12:01:00.000Z")
                try await office.isDone("12:01")
                fails.set(true)
                office.clock.set("2026-11-22T12:03:30.000Z")
                try await eventually("the failure is noted") { try office.row("failures") == "1" }
                #expect(try office.row("last_error") == "Refused()")
                #expect(try office.effects() == ["12:01"], "and nothing of it has taken effect; later ticks wait")
                fails.set(false)
                // Past the pause before the next try.
                office.clock.set("2026-11-22T12:03:59.000Z")
                try await office.isDone("12:01", "12:02", "12:03")
                try await eventually("it is noted") { try office.row("next_tick") == "2026-11-22T12:04:00.000Z" }
                #expect(try office.row("failures") == "0" && office.row("last_error") == "")
            }
            let keys = try office.connection.query("SELECT key FROM perch.outbox ORDER BY sequence") {
                try $0.decode("key", as: String.self)
            }
            #expect(keys == ["2026-11-22T12:01:00.000Z", "2026-11-22T12:02:00.000Z", "2026-11-22T12:03:00.000Z"])
        }
    }

    @Test(arguments: [
        (MissedTicks.all, ["12:01", "12:02", "12:03", "12:04", "12:05"]), (MissedTicks.latest, ["12:05"]),
        (MissedTicks.none, ["12:06"]),
    ]) func ticksThatWereMissedAreRunAsTheScheduleSays(_ missed: MissedTicks, _ expected: [String]) async throws {
        try await withSchedules { office in
            let schedule = try office.schedule(missed: missed) { try office.write($0, $1) }
            try await office.running([schedule]) {}
            // Nobody runs it meanwhile; the last tick is more than a minute late.
            office.clock.set("2026-11-22T12:05:59.000Z")
            if missed == .none { office.clock.set("2026-11-22T12:06:00.000Z") }
            try await office.running([schedule]) {
                try await eventually("what is due is done") { try office.effects().last == expected.last }
            }
            #expect(try office.effects() == expected)
        }
    }

    @Test func ofTicksThatAreMoreThanAMinuteLateNoneIsRun() async throws {
        try await withSchedules { office in
            let hourly = try Schedule("minute", .every(.seconds(3600)), missed: .none) { try office.write($0, $1) }
            try await office.running([hourly]) {}
            office.clock.set("2026-11-22T15:20:00.000Z")
            try await office.running([hourly]) {
                try await eventually("it is passed over") { try office.row("next_tick") == "2026-11-22T16:00:00.000Z" }
            }
            #expect(try office.effects() == [])
        }
    }

    @Test func manySchedulersRunEachTickOnce() async throws {
        try await withSchedules { office in
            let schedule = try office.schedule { try office.write($0, $1) }
            try await office.running([schedule], schedulers: 4) {
                for minute in 1...30 {
                    office.clock.set("2026-11-22T12:\(minute < 10 ? "0" : "")\(minute):00.000Z")
                    try await eventually("the tick of minute \(minute)") { try office.effects().count >= minute }
                }
            }
            #expect(try office.effects() == (1...30).map { "12:\($0 < 10 ? "0" : "")\($0)" })
        }
    }

    @Test func aClockThatGoesBackRunsNothingTwice() async throws {
        try await withSchedules { office in
            let schedule = try office.schedule { try office.write($0, $1) }
            try await office.running([schedule]) {
                office.clock.set("2026-11-22T12:02:00.000Z")
                try await office.isDone("12:01", "12:02")
                office.clock.set("2026-11-22T11:00:00.000Z")
                try await office.looks(3)
                office.clock.set("2026-11-22T12:03:00.000Z")
                try await office.isDone("12:01", "12:02", "12:03")
            }
        }
    }

    @Test func aSessionThatEndsBetweenHandlerAndCommitLosesNothingAndDoublesNothing() async throws {
        try await withSchedules { office in
            let ends = Flag()
            ends.set(true)
            let schedule = try office.schedule { tick, tx in
                try office.write(tick, tx)
                let pid = try tx.query("SELECT pg_backend_pid() AS pid") { try $0.decode("pid", as: Int32.self) }[0]
                guard ends.isSet else { return }
                ends.set(false)
                let other = try PostgresConnection(PostgresConfiguration(url: office.url))
                try other.execute("SELECT pg_terminate_backend(\(pid), 60000)")
            }
            try await office.running([schedule]) {
                office.clock.set("2026-11-22T12:01:00.000Z")
                try await office.isDone("12:01")
            }
            #expect(try office.row("failures") == "0", "a lost connection is no failure of the handler")
        }
    }

    @Test func aTickInSeveralTransactionsIsGoneOnWithByTheNextProcess() async throws {
        try await withSchedules { office in
            let stops = Flag()
            stops.set(true)
            let schedule = try Schedule(steps: "minute", .every(.seconds(60)), missed: .latest) { tick, tx in
                try office.write(tick, tx)
                let parts = try tx.query("SELECT count(*) AS n FROM effects WHERE tick = \(tick.time)") {
                    try $0.decode("n", as: Int.self)
                }[0]
                if stops.isSet, parts == 2 { throw Refused() }
                return parts < 3 ? .more : .done
            }
            try await office.running([schedule]) {
                office.clock.set("2026-11-22T12:01:00.000Z")
                try await eventually("its second part fails") { try office.row("failures") == "1" }
            }
            #expect(try office.effects() == ["12:01"], "the first part has committed")
            stops.set(false)
            // Also when later ticks have come: what was begun is ended first.
            office.clock.set("2026-11-22T12:09:00.000Z")
            try await office.running([schedule]) {
                try await office.isDone("12:01", "12:01", "12:01", "12:09", "12:09", "12:09")
            }
            try await eventually("it is noted") { try office.row("last_tick") == "2026-11-22T12:09:00.000Z" }
        }
    }

    @Test func aScheduleThatIsDeclaredAnewGoesByWhatItIsNow() async throws {
        try await withSchedules { office in
            let minute = try office.schedule { try office.write($0, $1) }
            try await office.running([minute]) {}
            // The tick at hand has come meanwhile: it stays. What follows is by the new recurrence.
            office.clock.set("2026-11-22T12:01:30.000Z")
            let hour = try Schedule("minute", .cron("15 * * * *"), in: .gmt) { try office.write($0, $1) }
            try await office.running([hour]) {
                try await office.isDone("12:01")
                try await eventually("it is noted") { try office.row("next_tick") == "2026-11-22T12:15:00.000Z" }
                #expect(try office.row("recurrence") == "15 * * * *")
            }
            try await office.running([minute]) {
                try await eventually("and back") { try office.row("next_tick") == "2026-11-22T12:02:00.000Z" }
            }
            // Declared by another program while this one runs: it is left to that one, until nobody runs it.
            try await office.running([minute]) {
                try office.connection.execute("UPDATE perch.schedules SET recurrence = '0 0 * * *'")
                office.clock.set("2026-11-22T12:02:10.000Z")
                try await office.looks(3)
                #expect(try office.effects() == ["12:01"])
                office.clock.set("2026-11-22T12:03:01.000Z")
                try await office.isDone("12:01", "12:02", "12:03")
            }
        }
    }

    @Test func anOperatorPausesRunsAndResumes() async throws {
        try await withSchedules { office in
            let schedule = try office.schedule(missed: .latest) { tick, tx in
                try office.write(tick, tx)
                if tick.isRequested { try tx.execute("INSERT INTO effects (tick) VALUES ('2000-01-01 00:00Z')") }
            }
            let schedules = Schedules(
                OperatedSystem(
                    SystemConnections(
                        contract: office.contract,
                        redis: nil,
                        databases: [
                            "shop": try PostgresConfiguration(url: office.url),
                            "shipping": try PostgresConfiguration(url: office.url),
                        ]
                    )
                )
            )
            try await office.running([schedule]) {
                #expect(try await schedules.pause("minute", by: "ann"))
                #expect(try await !schedules.pause("shop/minute", by: "ann"), "it is paused already")
                office.clock.set("2026-11-22T12:02:00.000Z")
                try await office.looks(3)
                #expect(try office.effects() == [])
                #expect(try await schedules.find("minute").state == .paused)
                #expect(try await schedules.run("minute", by: "bob"))
                try await eventually("what was asked for is run, also in a pause") { try office.effects().count == 2 }
                #expect(try office.row("next_tick") == "2026-11-22T12:01:00.000Z", "and the ticks wait")
                #expect(try await schedules.resume("minute", by: "ann"))
                try await eventually("it goes on with the latest") { try office.effects().last == "12:02" }
                await #expect(throws: OperationRefused.self) { try await schedules.run("nothing", by: "ann") }
            }
            #expect(try await schedules.forget("minute", by: "eve"))
            await #expect(throws: OperationRefused.self) { try await schedules.forget("minute", by: "eve") }
            #expect(try await schedules.all().schedules == [])
            let operations = try office.connection.query(
                "SELECT operator || ' ' || action || ' ' || target AS o FROM perch.operations ORDER BY id"
            ) { try $0.decode("o", as: String.self) }
            #expect(
                operations == [
                    "ann pause schedule shop/minute", "bob run schedule shop/minute", "ann resume schedule shop/minute",
                    "eve forget schedule shop/minute",
                ]
            )
        }
    }

    /// Whoever pauses knows afterwards that nothing of it takes effect any more.
    @Test func aPauseWaitsForTheTickThatIsBeingRun() async throws {
        try await withSchedules { office in
            let (entered, goesOn) = (Flag(), Flag())
            let schedule = try office.schedule { tick, tx in
                try office.write(tick, tx)
                entered.set(true)
                while !goesOn.isSet { sched_yield() }
            }
            let schedules = Schedules(
                OperatedSystem(
                    SystemConnections(
                        contract: office.contract,
                        redis: nil,
                        databases: ["shop": try PostgresConfiguration(url: office.url)],
                        databasePatience: .seconds(1800)
                    )
                )
            )
            try await office.running([schedule]) {
                office.clock.set("2026-11-22T12:01:00.000Z")
                try await eventually("it is being run") { entered.isSet }
                let pause = Task { try await schedules.pause("minute", by: "ann") }
                try await eventually("the pause waits") {
                    try office.connection.query(
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    ) { try $0.decode("n", as: Int.self) } == [1]
                }
                goesOn.set(true)
                #expect(try await pause.value)
                #expect(try office.effects() == ["12:01"], "when it returns, what was being run has committed")
            }
        }
    }

    @Test func whatBecameOfTicksIsCounted() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            try await withSchedules { office in
                let fails = Flag()
                fails.set(true)
                let schedule = try office.schedule(missed: .none) { tick, tx in
                    if fails.isSet { throw Refused() }
                    try office.write(tick, tx)
                }
                try await office.running([schedule]) {
                    office.clock.set("2026-11-22T12:01:00.000Z")
                    try await eventually("it has failed") { try office.row("failures") == "1" }
                    fails.set(false)
                    office.clock.set("2026-11-22T12:01:30.000Z")
                    try await office.isDone("12:01")
                    try await eventually("it is noted") { try office.row("next_tick") == "2026-11-22T12:02:00.000Z" }
                }
            }
        }
        func ticks(_ outcome: String) -> Int64 {
            metrics.counterTotal(
                label: "perch_schedule_ticks_total",
                dimensions: [("schedule", "minute"), ("outcome", outcome)]
            )
        }
        #expect([ticks("done"), ticks("failed"), ticks("missed")] == [1, 1, 0])
        let lateness = try metrics.expectTimer("perch_schedule_lateness_seconds", [("schedule", "minute")])
        #expect(lateness.values.count == 1 && lateness.values.allSatisfy { $0 >= 30_000_000_000 })
    }

    /// A text column holds no U+0000: what failed has to be noted all the same, or the other schedules never get their turn.
    @Test func aTickThatFailsIsNotedWhateverItsErrorSays() async throws {
        struct Unspeakable: Error, CustomStringConvertible {
            var description: String { "a\0b" }
        }
        try await withSchedules { office in
            try await office.running([office.schedule { _, _ in throw Unspeakable() }]) {
                office.clock.set("2026-11-22T12:01:00.000Z")
                try await eventually("it is noted") { try office.row("failures") == "1" }
                #expect(try office.row("last_error") == "ab")
            }
        }
    }

    @Test func aScheduleThatIsForgottenWhileItsProgramRunsIsDeclaredAnew() async throws {
        try await withSchedules { office in
            try await office.running([office.schedule { try office.write($0, $1) }]) {
                try office.connection.execute("DELETE FROM perch.schedules")
                try await eventually("it is there again") { try office.row("name") == "minute" }
                office.clock.set("2026-11-22T12:01:00.000Z")
                try await office.isDone("12:01")
            }
        }
    }

    @Test func aDatabaseWithoutTheTableEndsTheScheduler() async throws {
        let url = try LocalPostgres.shared().createDatabase()
        let office = SchedulingOffice(url: url, connection: try PostgresConnection(PostgresConfiguration(url: url)))
        await #expect(throws: SchemaMissing.self) {
            try await office.scheduler([office.schedule { _, _ in }]).run()
        }
    }

    @Test func schedulesThatCannotBeToldApartAreRefused() throws {
        let url = try LocalPostgres.shared().createDatabase()
        let office = SchedulingOffice(url: url, connection: try PostgresConnection(PostgresConfiguration(url: url)))
        let schedule = try office.schedule { _, _ in }
        #expect(throws: InvalidSetting.self) { try office.scheduler([schedule, schedule]) }
        #expect(throws: InvalidSetting.self) { try office.scheduler([Schedule("", .every(.seconds(1))) { _, _ in }]) }
    }
}

private final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set(_ new: Bool) { value.withLock { $0 = new } }
}
