import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// Several processes run the same schedules, and die, freeze and come back at any moment.
@Suite(.serialized, .timeLimit(.minutes(30))) struct SchedulerKillTests {
    @Test func eachTickTakesEffectOnceThoughProcessesDieBetweenHandlerAndCommit() async throws {
        let url = try LocalPostgres.shared().createDatabase()
        let connection = try PostgresConnection(PostgresConfiguration(url: url))
        try ServiceDatabase.prepare(connection, owner: "shop", contract: Contract(topics: [orders]))
        try connection.execute(
            "CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, kind text, tick timestamptz)"
        )
        let clock = FileManager.default.temporaryDirectory.appendingPathComponent("clock-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: clock) }
        var time = try #require(Timestamp("2026-11-22T12:00:05.000Z"))
        func setClock() throws { try Data(time.description.utf8).write(to: clock, options: .atomic) }
        try setClock()

        var processes: [Process] = []
        var deaths = 0
        func revive() throws {
            deaths += processes.count { !$0.isRunning }
            processes.removeAll { !$0.isRunning }
            while processes.count < 3 {
                let process = try tickingScheduler()
                process.arguments = [url, clock.path]
                try process.run()
                processes.append(process)
            }
        }
        defer { for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        func count(_ kind: String) throws -> Int {
            try connection.query("SELECT count(*) AS n FROM effects WHERE kind = \(kind)") {
                try $0.decode("n", as: Int.self)
            }[0]
        }

        try revive()
        try await eventually("the schedules are declared") {
            try revive()
            return try connection.query("SELECT name FROM perch.schedules") { try $0.decode(0, as: String.self) }.count
                == 2
        }
        // The first tick is that of 12:00:10.
        var expected = 0
        for round in 0..<40 {
            time = time + .seconds(10 * Int.random(in: 1...4))
            expected = Int(
                (time.milliseconds - (try #require(Timestamp("2026-11-22T12:00:05.000Z"))).milliseconds) / 10_000
            )
            try setClock()
            if round % 3 == 0, let victim = processes.randomElement() { kill(victim.processIdentifier, SIGKILL) }
            let frozen = round % 5 == 0 ? processes.randomElement() : nil
            if let frozen { kill(frozen.processIdentifier, SIGSTOP) }
            defer { if let frozen { kill(frozen.processIdentifier, SIGCONT) } }
            // Also while one is frozen, perhaps with the row locked.
            try await eventually("the ticks of round \(round) are done") {
                try revive()
                return try count("whole") >= expected
            }
        }
        try await eventually("the ticks in two halves are done") {
            try revive()
            return try count("ended") == expected / 3
        }
        for process in processes { process.terminate() }
        for process in processes { process.waitUntilExit() }

        let first = try #require(Timestamp("2026-11-22T12:00:10.000Z"))
        let second = try #require(Timestamp("2026-11-22T12:00:30.000Z"))
        let wanted = (0..<expected).map { first + .seconds(10 * $0) }
        let halves = (0..<expected / 3).map { second + .seconds(30 * $0) }
        for (kind, wanted) in [("whole", wanted), ("begun", halves), ("ended", halves)] {
            let found = try connection.query("SELECT tick FROM effects WHERE kind = \(kind) ORDER BY sequence") {
                try $0.decode("tick", as: Timestamp.self)
            }
            #expect(found == wanted, "\(kind): each once, in order")
        }
        let published = try connection.query("SELECT key FROM perch.outbox ORDER BY sequence") {
            try $0.decode("key", as: String.self)
        }
        #expect(published == wanted.map(\.description), "and so what they publish")
        #expect(deaths > 10)
    }

    private func tickingScheduler() throws -> Process {
        let process = try killingWorker()
        process.executableURL = process.executableURL?.deletingLastPathComponent().appendingPathComponent(
            "ticking-scheduler"
        )
        return process
    }
}
