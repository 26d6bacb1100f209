import Foundation
import LocalServers
import Testing

/// Two processes that are nothing but the relay of a service: one is active, the other stands by.
@Suite(.serialized, .timeLimit(.minutes(30))) struct RelayProcessTests {
    private static let streams = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("streams").path

    @Test(arguments: [true, false])
    func theOtherProcessGoesOnWhereTheActiveOneIsKilledOrFrozen(isKilled: Bool) async throws {
        let postgres = try LocalPostgres.shared()
        let url = try postgres.createDatabase()
        let database = String(url.split(separator: "/").last ?? "")
        func ask(_ sql: String) throws -> String {
            try postgres.psql(sql, database: database).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let active = """
            SELECT r.pid FROM perch.relays r JOIN pg_locks l ON l.pid = r.backend_pid
            WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted
            """
        try await withLocalRedis { redis in
            let environment = [
                "AUTH_DATABASE_URL": url, "REDIS_URL": redis.url, "STREAMS_DIR": Self.streams, "PASSWORD_COST": "10",
            ]
            let log = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID()).log").path
            defer { try? FileManager.default.removeItem(atPath: log) }
            func popug(_ arguments: String...) throws -> LocalProcess {
                try LocalProcess(try PopugSystem.executable(), arguments, environment: environment, log: log)
            }
            func addUser(_ number: Int) throws {
                let add =
                    "echo 'correct horse' | \"$0\" auth add-user --name A --email a\(number)@x.org --role admin --password-stdin"
                let process = try LocalProcess(
                    "/bin/sh",
                    ["-c", add, try PopugSystem.executable()],
                    environment: environment,
                    log: log
                )
                #expect(process.wait(seconds: 600) == .status(0))
            }
            #expect(try popug("auth", "migrate").wait(seconds: 600) == .status(0))
            let ports = try (0..<2).map { _ in try freePort() }
            let processes = try ports.map {
                try popug("auth", "work", "--relay", "only", "--port", "\($0)", "--log-level", "error")
            }
            defer { for process in processes { process.kill() } }
            try await eventually("both run") { try ask("SELECT count(*) FROM perch.relays") == "2" }
            try await eventually("one is active") { try !ask(active).isEmpty }
            for port in ports {
                try await eventually("it is ready, active or not") { try Self.isReady(port) }
            }
            try addUser(1)
            try await eventually("its event has a position") { try ask("SELECT count(*) FROM perch.log") == "1" }

            let first = try ask(active)
            guard let process = processes.first(where: { "\($0.pid)" == first }) else {
                Issue.record("the active one, \(first), is none of \(processes.map(\.pid))")
                return
            }
            if isKilled { process.kill() } else { process.pause() }
            try addUser(2)
            try await eventually("the other gives its position") { try ask("SELECT count(*) FROM perch.log") == "2" }
            try await eventually("it is active") {
                let now = try ask(active)
                return !now.isEmpty && now != first
            }
            guard !isKilled else { return }
            process.resume()
            try await eventually("the one that woke stands by") { try ask("SELECT count(*) FROM perch.relays") == "2" }
            for port in ports {
                try await eventually("it is ready, active or not") { try Self.isReady(port) }
            }
            try addUser(3)
            try await eventually("each event has its position") {
                try ask("SELECT count(*), count(DISTINCT event_id) FROM perch.log") == "3|3"
            }
        }
    }

    private static func isReady(_ port: Int) throws -> Bool {
        let ask = """
            exec 3<>/dev/tcp/127.0.0.1/\(port) && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 \
            && IFS= read -r line <&3 && case $line in *' 200 '*) exit 0 ;; *) exit 1 ;; esac
            """
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("ready-\(UUID()).log").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        return try LocalProcess("/bin/bash", ["-c", ask], environment: [:], log: log).wait(seconds: 600) == .status(0)
    }
}

/// Waits for a fact, however long that takes.
private func eventually(_ what: String, _ isSo: () throws -> Bool) async throws {
    // habits: between two looks at a fact
    while try !isSo() { try await Task.sleep(for: .milliseconds(50)) }
}
