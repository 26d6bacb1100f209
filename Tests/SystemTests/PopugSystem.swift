import Foundation
import LocalServers
import Synchronization

/// A worker process of the system under test, which may be killed, frozen and started again.
final class Seat: Sendable {
    private struct State {
        var process: LocalProcess?
        var isFrozen = false
        /// Says what the seat is to be: a process that is missing without our doing has died by itself.
        var isWanted = false
    }

    let name: String
    let service: String
    private let launch: @Sendable () throws -> LocalProcess
    private let state = Mutex(State())

    init(name: String, service: String, launch: @escaping @Sendable () throws -> LocalProcess) {
        self.name = name
        self.service = service
        self.launch = launch
    }

    /// Starts a process unless one is there.
    func start() throws {
        try state.withLock { state in
            if state.process != nil { return }
            state.process = try launch()
            state.isFrozen = false
            state.isWanted = true
        }
    }

    func kill() {
        state.withLock { state in
            state.isWanted = false
            state.process?.kill()
            state.process = nil
        }
    }

    func freeze() {
        state.withLock { state in
            state.process?.pause()
            state.isFrozen = true
        }
    }

    func thaw() {
        state.withLock { state in
            state.process?.resume()
            state.isFrozen = false
        }
    }

    /// SIGTERM, and how the process ended.
    func stop() -> ProcessExit? {
        state.withLock { state in
            state.isWanted = false
            state.isFrozen = false
            let exit = state.process?.stop()
            state.process = nil
            return exit
        }
    }

    var pid: Int32? { state.withLock { $0.process?.pid } }
    var isRunning: Bool { state.withLock { $0.process != nil && !$0.isFrozen } }

    /// How a process ended that was to run; nil if all is well.
    var unexpectedEnd: ProcessExit? { state.withLock { $0.isWanted ? $0.process?.exit : nil } }
}

/// The task exchange in real processes, on a private Redis and Postgres.
final class PopugSystem: Sendable {
    /// Seconds.
    static let usualLease = 3
    static let services = ["auth", "tracker", "accounting", "analytics"]
    /// Those that consume `tickets`, by which they are harmed.
    static let consumers = ["accounting", "analytics"]

    let redis: LocalRedis
    let postgres: LocalPostgres
    let logs: String
    let seats: [Seat]
    /// Seconds.
    let lease: Int
    private let popug: String
    private let environment: [String: String]
    private let noted = Mutex<[String]>([])

    init(redis: LocalRedis, postgres: LocalPostgres, logs: String, lease: Int) throws {
        self.lease = lease
        self.redis = redis
        self.postgres = postgres
        self.logs = logs
        let popug = try Self.executable()
        let streams = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("streams").path
        var environment = [
            "REDIS_URL": redis.url, "STREAMS_DIR": streams, "LEASE_SECONDS": String(lease),
            "LOG_LEVEL": ProcessInfo.processInfo.environment["LOG_LEVEL"] ?? "info", "PASSWORD_COST": "10",
            "MAIL_DIR": "\(logs)/mails", "OFFICE_EMAIL": "boss@example.com", "OFFICE_PASSWORD": "a boss's password",
        ]
        for service in Self.services {
            environment["\(service.uppercased())_DATABASE_URL"] = postgres.url(database: service)
            environment["\(service.uppercased())_PORT"] = String(try freePort())
        }
        environment["AUTH_ISSUER_URL"] = "http://127.0.0.1:\(environment["AUTH_PORT"] ?? "")"
        self.popug = popug
        self.environment = environment
        let started = environment
        let plan = [("auth", 2, 1), ("tracker", 2, 1), ("accounting", 3, 2), ("analytics", 2, 1)]
        let workers = plan.flatMap { service, processes, workers in
            (1...processes).map { number in
                Seat(name: "\(service)-\(number)", service: service) {
                    try LocalProcess(
                        popug,
                        // auth consumes nothing: its process is a relay.
                        [service, "work"] + (service == "auth" ? [] : ["--workers", "\(workers)"]),
                        environment: started,
                        log: "\(logs)/\(service)-\(number).log"
                    )
                }
            }
        }
        let servers = Self.services.map { service in
            Seat(name: "\(service)-http", service: "http") {
                try LocalProcess(
                    popug,
                    [service, "serve"],
                    environment: started,
                    log: "\(logs)/\(service)-http.log"
                )
            }
        }
        seats = workers + servers
    }

    /// POPUG, or the program beside the test's own.
    static func executable() throws -> String {
        let own = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("popug").path
        let candidates = [ProcessInfo.processInfo.environment["POPUG"], own].compactMap { $0 }
        guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw Failure("There is no popug at \(candidates). Build it, or name it by POPUG.")
        }
        return found
    }

    /// Notes a failure where the condition does not hold. The test itself goes on; an `#expect` on a thread outside of
    /// its task would belong to no test.
    func expect(_ condition: Bool, _ failure: @autoclosure () -> String) {
        if condition { return }
        let text = failure()
        print("failed: \(text)")
        noted.withLock { $0.append(text) }
    }

    var failures: [String] { noted.withLock { $0 } }

    /// Databases, schema, and the one who hires.
    func migrate() throws {
        for service in Self.services {
            _ = try postgres.createDatabase(service)
            let migration = try popug("migrate-\(service)", [service, "migrate"])
            let exit = migration.wait()
            guard exit == .status(0) else { throw Failure("popug \(service) migrate: \(tail("migrate-\(service)"))") }
        }
        let boss = try LocalProcess(
            "/bin/sh",
            [
                "-c",
                """
                echo "$OFFICE_PASSWORD" | "$0" auth add-user --name Boss --email "$OFFICE_EMAIL" --role admin --password-stdin
                """,
                popug,
            ],
            environment: environment,
            log: "\(logs)/boss.log"
        )
        guard boss.wait() == .status(0) else { throw Failure("popug auth add-user: \(tail("boss"))") }
    }

    /// Starts a command of popug; its output is the log of that name.
    func popug(_ log: String, _ arguments: [String]) throws -> LocalProcess {
        try LocalProcess(popug, arguments, environment: environment, log: "\(logs)/\(log).log")
    }

    /// The last lines of a log.
    func tail(_ log: String, lines: Int = 12) -> String {
        let bytes = FileManager.default.contents(atPath: "\(logs)/\(log).log") ?? Data()
        return String(decoding: bytes.suffix(20_000), as: UTF8.self)
            .split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    func seats(of service: String) -> [Seat] { seats.filter { $0.service == service } }

    /// A number that Postgres is asked for; nil where there is none.
    func number(_ sql: String, in database: String) throws -> Int? { Int(try postgres.psql(sql, database: database)) }

    /// As the services count it: in UTC.
    func today() throws -> String { try postgres.psql("SELECT (now() AT TIME ZONE 'UTC')::date", database: "postgres") }

    /// The checker's verdict on what is there now.
    func check(accounting: String = "accounting") throws -> (isOK: Bool, report: String) {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("check.py").path
        let log = "check-\(accounting)"
        let check = try LocalProcess(
            "/usr/bin/env",
            [
                "python3", script, "--auth-url", postgres.url(database: "auth"),
                "--tracker-url", postgres.url(database: "tracker"),
                "--accounting-url", postgres.url(database: accounting),
                "--analytics-url", postgres.url(database: "analytics"), "--redis-port", "\(redis.port)", "--whole",
            ],
            log: "\(logs)/\(log).log"
        )
        let exit = check.wait()
        return (exit == .status(0), "\(exit.map { "\($0)" } ?? "no end in time")\n\(tail(log, lines: 80))")
    }

    // MARK: Facts

    /// What is not done yet; nil when everything that was committed has taken effect, and the streams tell the log.
    func unfinished() throws -> String? {
        var given: [String: Int] = [:]
        for service in Self.services {
            let waiting = try number("SELECT count(*) FROM perch.outbox", in: service)
            if waiting != 0 { return "\(waiting ?? -1) events wait in the outbox of \(service)" }
            for row in try postgres.psql(
                "SELECT topic || ':' || partition, last_position, last_milliseconds FROM perch.partitions",
                database: service
            ).split(separator: "\n") {
                let columns = row.split(separator: "|").map(String.init)
                given[columns[0]] = Int(columns[1])
                if columns[1] != "0", let problem = try differs(columns[0], Int(columns[1]) ?? 0) { return problem }
            }
        }
        for service in Self.services where service != "auth" {
            for row in try postgres.psql(
                "SELECT topic || ':' || partition, position FROM perch.checkpoints",
                database: service
            ).split(separator: "\n") {
                let columns = row.split(separator: "|").map(String.init)
                let target = given[columns[0]] ?? 0
                if Int(columns[1]) != target { return "\(service) is at \(columns[1]) of \(target) in \(columns[0])" }
            }
        }
        return nil
    }

    /// How a stream differs from its log, as far as its length, its ends and its groups tell.
    private func differs(_ stream: String, _ position: Int) throws -> String? {
        let state = fields(try redis.cli("XINFO", "STREAM", stream))
        let last = state["last-generated-id"] ?? "none"
        guard last.hasSuffix("-\(position)") else { return "\(stream) ends at \(last), its log at \(position)" }
        guard let first = state["first-entry"].flatMap({ Int($0.split(separator: "-").last ?? "") }),
            state["length"] == "\(position - first + 1)"
        else { return "\(stream) has a hole: \(state)" }
        let groups = try redis.cli("XINFO", "GROUPS", stream).split(separator: "\n", omittingEmptySubsequences: false)
        for (name, value) in zip(groups, groups.dropFirst())
        where ["lag", "pending"].contains(name) && value != "0" {
            return "a group of \(stream) has \(name) \(value)"
        }
        return nil
    }

    private func fields(_ text: String) -> [String: String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var fields: [String: String] = [:]
        for name in ["length", "last-generated-id", "first-entry"] {
            guard let index = lines.firstIndex(of: name), index + 1 < lines.count else { continue }
            fields[name] = lines[index + 1]
        }
        return fields
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits by looking until there is nothing left to wait for, however long that takes; only a hang is ended.
/// - Parameter remaining: What is still missing; nil when nothing is. An error is a reason to look again as well.
func waitFor(_ what: String, _ remaining: () throws -> String?) throws {
    let deadline = ContinuousClock.now + .seconds(LocalProcess.hangLimit)
    while true {
        let missing: String?
        do { missing = try remaining() } catch { missing = "\(error)" }
        guard let missing else { return }
        guard ContinuousClock.now < deadline else { throw Failure("\(what): it hangs: \(missing)") }
        // habits: how often it looks for the fact.
        usleep(20_000)
    }
}

/// Runs a body on a thread of its own: it blocks, and the threads of Swift's pool must not.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
