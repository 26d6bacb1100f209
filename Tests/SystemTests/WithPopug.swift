import Foundation
import LocalServers
import Testing

/// The system in processes, running; all of it ends with the body. Its logs are kept where something failed.
func withPopug(
    _ what: String,
    lease: Int = PopugSystem.usualLease,
    _ body: @escaping @Sendable (PopugSystem) throws -> Void
) async throws {
    let place = FileManager.default.temporaryDirectory
    let logs = place.appendingPathComponent("perch-system-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    say("system test: \(what); logs in \(logs)")
    // A copy of the append-only file is whole only while no rewrite replaces its parts.
    let redis = try LocalRedis(settings: ["auto-aof-rewrite-percentage": "0"])
    // Without fsync a crash of the server loses nothing that was committed: only one of the machine would.
    let postgres = try LocalPostgres(fsync: false)
    defer {
        redis.kill()
        postgres.kill()
    }
    let failures = try await onThread {
        try redis.start()
        try postgres.start()
        let system = try PopugSystem(redis: redis, postgres: postgres, logs: logs, lease: lease)
        defer { for seat in system.seats { seat.kill() } }
        do {
            try system.migrate()
            for seat in system.seats { try seat.start() }
            try body(system)
        } catch {
            system.expect(false, "\(error)")
        }
        return system.failures
    }
    for failure in failures { Issue.record("\(what); logs in \(logs): \(failure)") }
    if failures.isEmpty { try FileManager.default.removeItem(atPath: logs) }
}

func tickets(in system: PopugSystem) throws -> Int {
    try system.number("SELECT count(*) FROM perch.published WHERE topic = 'tickets'", in: "tracker") ?? 0
}

func partitions(of seat: Seat, in system: PopugSystem) throws -> Int {
    guard let pid = seat.pid else { return 0 }
    return try system.number("SELECT count(*) FROM perch.leases WHERE owner ~ '-\(pid)-[^-]*$'", in: "accounting") ?? 0
}

/// What is not yet as it shall be: each partition of accounting has an owner, and no worker holds more of a topic than its share. How
/// many of all topics a worker, or a process, holds is by lot: who has one more of this topic may have one more of the next.
func unfairness(among workers: Int, in system: PopugSystem) throws -> String? {
    let found = try system.postgres.psql(
        """
        SELECT topic || ': ' || string_agg(held || ' for ' || coalesce(owner, 'nobody'), ', ') FROM (
            SELECT topic, owner, count(*) AS held, sum(count(*)) OVER (PARTITION BY topic) AS partitions
            FROM perch.leases GROUP BY topic, owner
        ) shares GROUP BY topic HAVING bool_or(owner IS NULL OR held > ceil(partitions / \(workers)))
        """,
        database: "accounting"
    )
    let known = try system.number("SELECT count(DISTINCT topic) FROM perch.leases", in: "accounting") ?? 0
    return known == 3 ? found.isEmpty ? nil : found : "\(known) topics of 3"
}

func waitForOwners(_ count: Int, among seats: [Seat], in system: PopugSystem) throws {
    try waitFor("partitions have new owners") {
        let owned = try seats.reduce(0) { try $0 + partitions(of: $1, in: system) }
        return owned == count ? nil : "\(owned) of \(count)"
    }
}

/// To standard output at once: a run of minutes is watched, and a seed must be known however it ends.
func say(_ text: String) {
    print(text)
    fflush(nil)
}
