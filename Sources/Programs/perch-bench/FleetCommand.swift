import ArgumentParser
import Foundation
import LocalServers
import Perch
import Postgres
import Redis

/// What many processes cost that have nothing to do.
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Measures what the servers do for many idle processes of one group.",
        discussion: """
            Each process is a relay and a worker. With --other, another build of perch-bench, the two take turns on the same
            servers: how it was before beside how it is.

            examples:
              ops/bench --fleet
              ops/bench --fleet --other /tmp/before/perch-bench --pairs 5

            exit codes: 0 measured; 1 something failed; 64 wrong usage
            """
    )

    @Option(help: "Partitions of the topic.") var partitions = 256
    @Option(help: "Processes.") var processes = 16
    @Option(help: "How long they are watched, in seconds, once all partitions are held.") var seconds = 10.0
    @Option(help: "How often.") var pairs = 3
    @Option(help: "Another build of perch-bench, measured in turns with this one.") var other: String?

    func validate() throws {
        guard (1...1024).contains(partitions) else { throw ValidationError("--partitions takes 1 to 1,024") }
        guard (1...64).contains(processes) else { throw ValidationError("--processes takes 1 to 64") }
        guard seconds > 0, pairs > 0 else { throw ValidationError("--seconds and --pairs take more than 0") }
    }

    func run() async throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let programs = (other.map { [("other", $0)] } ?? []) + [("this", own)]
        let fleet = Fleet(partitions: partitions, processes: processes, seconds: seconds)
        let measured = try await withLocalRedis(settings: BenchServers.redisSettings) { redis in
            let settings = BenchServers.postgresSettings.merging(["max_connections": "400"]) { $1 }
            return try await withLocalPostgres(fsync: true, settings: settings) { postgres in
                let servers = try BenchServers(redis: redis, postgres: postgres)
                var measured = programs.map { _ in [Fleet.Cost]() }
                for pair in 1...pairs {
                    for (index, program) in programs.enumerated() {
                        ProgressLine.say("fleet: \(program.0), \(pair) of \(pairs)")
                        measured[index].append(try await fleet.measure(program.1, on: servers))
                    }
                }
                return measured
            }
        }
        ProgressLine.say(nil)
        print("\(partitions) partitions, \(processes) idle processes, each a relay and a worker: median (least–most)\n")
        print(Fleet.table(zip(programs.map(\.0), measured).map { ($0, $1) }))
    }
}

/// Idle processes of one group, and what the servers do for them.
struct Fleet {
    let partitions: Int
    let processes: Int
    let seconds: Double

    /// A second.
    struct Cost {
        var postgres = 0.0
        var redis = 0.0
        var transactions = 0.0
        /// Bytes.
        var log = 0.0
    }

    func measure(_ program: String, on servers: BenchServers) async throws -> Cost {
        var options = SideOptions(.idle) {
            $0.partitions = partitions
            // They are ended before.
            $0.seconds = 86_400
        }
        options.postgres = try await servers.prepare(Scene(), partitions: partitions)
        options.redisPort = servers.redisPort
        var sides: [SideProcess] = []
        defer { for side in sides { side.kill() } }
        for _ in 0..<processes {
            let side = try SideProcess("perch-bench side", program, ["side"] + options.arguments)
            sides.append(side)
            try side.begin()
        }
        let connection = try PostgresConnection(try PostgresConfiguration(url: options.postgres))
        while try held(connection) < partitions { try await Task.sleep(for: .milliseconds(100)) }
        // Shares are even and the first audits are over.
        try await Task.sleep(for: .seconds(6))
        let (start, before) = (try counted(connection), try servers.cpu())
        let clock = ContinuousClock()
        let began = clock.now
        try await Task.sleep(for: .seconds(seconds))
        let (end, used) = (try counted(connection), try servers.cpu() - before)
        let time = began.duration(to: clock.now) / .seconds(1)
        for side in sides { side.kill() }
        sides = []
        try servers.tidy()
        return Cost(
            postgres: used.postgres / time,
            redis: used.redis / time,
            transactions: Double(end.transactions - start.transactions) / time,
            log: Double(end.log - start.log) / time
        )
    }

    private func held(_ connection: PostgresConnection) throws -> Int {
        try connection.query("SELECT count(*) AS n FROM perch.leases WHERE owner IS NOT NULL") {
            try $0.decode("n", as: Int.self)
        }.first ?? 0
    }

    private func counted(_ connection: PostgresConnection) throws -> (transactions: Int64, log: Int64) {
        let counts = try connection.query(
            """
            SELECT d.xact_commit + d.xact_rollback AS transactions, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS log
            FROM pg_stat_database d WHERE d.datname = current_database()
            """
        ) { (try $0.decode("transactions", as: Int64.self), try $0.decode("log", as: Int64.self)) }
        return counts.first ?? (0, 0)
    }

    static func table(_ measured: [(name: String, costs: [Cost])]) -> String {
        func cell(_ costs: [Cost], _ places: Int, _ value: (Cost) -> Double) -> String {
            Spread(costs.map(value)).text { Report.decimal($0, places) }
        }
        return Table(
            ["build", "Postgres, % of a core", "transactions/s", "WAL, KiB/s", "Redis, % of a core"],
            measured.map { name, costs in
                [
                    name, cell(costs, 1) { $0.postgres * 100 }, cell(costs, 0) { $0.transactions },
                    cell(costs, 1) { $0.log / 1024 }, cell(costs, 1) { $0.redis * 100 },
                ]
            }
        ).text
    }
}
