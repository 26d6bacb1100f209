import Foundation
import Perch
import Postgres
import ServiceLifecycle

/// Shows what flows, every second on a terminal and every ten elsewhere: events a second, lag, balances.
struct DevState: Service {
    let environment: DevEnvironment

    private struct Reading {
        var published = 0
        var lag = 0
        var tickets = 0
        var balances = 0
    }

    func run() async throws {
        let databases = try DevServers.services.map { service in
            (service, Database(try PostgresConfiguration(url: environment.databaseURL(service)), size: 1))
        }
        let seconds = LiveLine.isTerminal ? 1 : 10
        await cancelWhenGracefulShutdown {
            var last: Int?
            while !Task.isCancelled {
                if let now = try? await read(Dictionary(uniqueKeysWithValues: databases)) {
                    let rate = last.map { Double(now.published - $0) / Double(seconds) } ?? 0
                    last = now.published
                    LiveLine.show(
                        "\(now.published) events · \(String(format: "%.1f", rate))/s · lag \(now.lag) · "
                            + "\(now.tickets) tickets · balances \(String(format: "%.2f", Double(now.balances) / 100))"
                    )
                } else if !Task.isCancelled {
                    LiveLine.show("the state cannot be read just now")
                }
                try? await Task.sleep(for: .seconds(seconds))
            }
        }
        for (_, database) in databases { await database.close() }
    }

    /// What was published, by partition, against what each group has committed.
    private func read(_ databases: [String: Database]) async throws -> Reading {
        var reading = Reading()
        var last: [String: Int] = [:]
        for (_, database) in databases {
            for (partition, position) in try await positions(
                "SELECT topic || ':' || partition AS partition, last_position AS position FROM perch.partitions",
                database
            ) {
                last[partition] = position
                reading.published += position
            }
        }
        for (_, database) in databases {
            for (partition, position) in try await positions(
                "SELECT topic || ':' || partition AS partition, position FROM perch.checkpoints",
                database
            ) {
                reading.lag += max(0, (last[partition] ?? position) - position)
            }
        }
        reading.tickets = try await number("SELECT count(*) AS n FROM reporting.tickets", databases["tracker"])
        reading.balances = try await number(
            "SELECT coalesce(sum(balance), 0)::bigint AS n FROM reporting.balances",
            databases["accounting"]
        )
        return reading
    }

    private func positions(_ sql: SQL, _ database: Database) async throws -> [(String, Int)] {
        try await database.query(sql) {
            (try $0.decode("partition", as: String.self), try $0.decode("position", as: Int.self))
        }
    }

    private func number(_ sql: SQL, _ database: Database?) async throws -> Int {
        try await database?.query(sql) { try $0.decode("n", as: Int.self) }.first ?? 0
    }
}
