import Foundation
import LocalServers
import Logging
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Schedules as operators see and change them.
@Suite(.serialized) struct SchedulesTests {
    /// A schedule that is declared and not run any more.
    private func declare(_ name: String, _ recurrence: Recurrence, in shop: Shop) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        let scheduler = try Scheduler(
            service: "shop",
            schedules: [Schedule(name, recurrence, in: zone) { _, _ in }],
            contract: shop.system.contract,
            postgres: try shop.system.postgres,
            logger: logger
        )
        let running = Task { try await scheduler.run() }
        try await eventually("it is declared") {
            try await shop.number("SELECT count(*) AS n FROM perch.schedules WHERE name = \(name)") == 1
        }
        running.cancel()
        try await running.value
    }

    @Test func schedulesAreListedPausedRunAndForgotten() async throws {
        try await withShop { shop in
            #expect(
                try shop.perch("schedules").out == "No schedules. A service's schedules are here once it has started.\n"
            )
            try await declare("invoices", .cron("5 0 1 1 *"), in: shop)
            let table = try shop.perch("schedules").out
            #expect(table.hasPrefix("SERVICE  SCHEDULE  RECURS     ZONE"), "\(table)")
            #expect(table.contains("shop     invoices  5 0 1 1 *  Europe/Berlin"), "\(table)")
            let document = try shop.perch("schedules", "--json").json()
            let schedule = try #require((document["schedules"] as? [[String: Any]])?.first)
            #expect(
                schedule["service"] as? String == "shop" && schedule["name"] as? String == "invoices"
                    && schedule["recurrence"] as? String == "5 0 1 1 *"
                    && schedule["time_zone"] as? String == "Europe/Berlin"
                    && schedule["state"] as? String == "waiting" && schedule["failures"] as? Int == 0
                    && (schedule["next_tick"] as? String)?.hasSuffix("-12-31T23:05:00.000Z") == true
                    && schedule["last_tick"] == nil
            )

            let dry = try shop.perch("schedules", "pause", "invoices", "--dry-run")
            #expect(dry.out == "Pause: shop/invoices, which is waiting.\n" && dry.code == 0)
            #expect(
                try shop.perch("schedules", "pause", "invoices", "--by", "ann", "-y").out == "invoices is paused.\n"
            )
            #expect(
                try shop.perch("schedules", "pause", "invoices", "--by", "ann", "-y").out
                    == "invoices is paused already.\n"
            )
            #expect(
                try shop.perch("schedules", "run", "shop/invoices", "--by", "bob", "-y").out
                    == "shop/invoices is run next.\n"
            )
            #expect(
                try shop.perch("schedules", "resume", "invoices", "--by", "ann", "-y", "--json").json()["is_done"]
                    as? Bool == true
            )
            let unknown = try shop.perch("schedules", "run", "nothing", "-y")
            #expect(
                unknown.code == 1 && unknown.error.contains("no service has a schedule nothing. See `perch schedules`"),
                "\(unknown)"
            )
            #expect(try shop.perch("schedules", "forget", "invoices", "--by", "eve", "-y").code == 0)
            #expect(
                try await shop.operations() == [
                    "ann pause schedule shop/invoices", "bob run schedule shop/invoices",
                    "ann resume schedule shop/invoices",
                    "eve forget schedule shop/invoices",
                ]
            )
        }
    }

    @Test func theDoctorFindsAScheduleThatFailsIsOverdueOrPaused() async throws {
        try await withShop { shop in
            func codes() async throws -> [String] {
                try await shop.diagnosis.findings().filter { $0.code.hasPrefix("schedule") }
                    .map { "\($0.code) \($0.severity.rawValue)" }
            }
            try await declare("report", .cron("0 0 1 1 *"), in: shop)
            #expect(try await codes() == ["schedule-well ok"])
            for (change, expected) in [
                ("next_tick = clock_timestamp() - interval '2 minutes'", ["schedule-overdue problem"]),
                ("failures = 1, last_error = 'no paper'", ["schedule-fails warning"]),
                ("failures = 3", ["schedule-fails problem"]),
                ("failures = 0, next_tick = clock_timestamp() - interval '1 second'", ["schedule-well ok"]),
                (
                    "next_tick = clock_timestamp() - interval '1 day', paused_at = clock_timestamp()",
                    ["schedule-paused warning"]
                ),
            ] as [(SQL, [String])] {
                _ = try await shop.database.execute(change.ofTheSchedule)
                #expect(try await codes() == expected)
            }
        }
    }
}

extension SQL {
    /// Sets columns of the only schedule.
    fileprivate var ofTheSchedule: SQL { SQL(text: "UPDATE perch.schedules SET \(text)") }
}
