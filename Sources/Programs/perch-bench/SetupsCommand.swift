import ArgumentParser
import Foundation
import LocalServers

/// What TLS and a cluster cost.
struct SetupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setups",
        abstract: "Measures the whole way through one Redis, one with TLS, and a cluster of three masters, in turns.",
        discussion: """
            A producer, a relay and two workers of one process, a topic of eight partitions: as fast as it goes, and at 200 and
            1,000 events a second, where the time from the producer's COMMIT to the consumer's is measured. In a cluster workers
            are woken by a message to each partition's channel.

            examples:
              ops/bench --setups
              ops/bench --setups --pairs 5

            exit codes: 0 measured; 1 something failed, or an effect is wrong; 64 wrong usage
            """
    )

    @Option(help: "How often each is measured.") var pairs = 3
    @Option(help: "Events of a run as fast as it goes.") var events = 200_000

    func validate() throws {
        guard pairs > 0, events >= 2000 else {
            throw ValidationError("--pairs takes 1 or more, --events 2000 or more")
        }
    }

    func run() async throws {
        let own = SideProgram.ours(URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path)
        let workloads = ([Workload.whole(events).last].compactMap(\.self) + Workload.latency(isQuick: false)).map {
            var workload = $0
            workload.options.partitions = 8
            workload.options.workers = 2
            return workload
        }
        let measured = try await withLocalRedis(settings: BenchServers.redisSettings) { plain in
            try await withLocalPostgres(fsync: true, settings: BenchServers.postgresSettings) { postgres in
                let setups = try Setup.all(plain: plain)
                let runner = SideRunner(servers: try BenchServers(redis: plain, postgres: postgres))
                var measured = setups.map { _ in workloads.map { _ in [Measurement]() } }
                for pair in 1...pairs {
                    for (number, workload) in workloads.enumerated() {
                        for place in setups.indices {
                            // In the other order each time.
                            let place = pair % 2 == 1 ? place : setups.count - 1 - place
                            ProgressLine.say("\(setups[place].name), \(workload.name), \(pair) of \(pairs)")
                            measured[place][number].append(try await setups[place].measure(workload, own, by: runner))
                        }
                    }
                }
                return zip(setups, measured).map { ($0.name, $1) }
            }
        }
        ProgressLine.say(nil)
        print("Median (least–most) of \(pairs) runs; CPU in ms per 1,000 events\n")
        print(Setup.throughput(measured.map { ($0, $1.first ?? []) }))
        print()
        let rates = workloads.dropFirst().map(\.name)
        print(Setup.latency(measured.map { ($0, Array(zip(rates, $1.dropFirst()))) }))
    }
}

/// A Redis as somebody runs it.
struct Setup {
    let name: String
    let url: String
    let nodes: [LocalRedis]

    static func all(plain: LocalRedis) throws -> [Setup] {
        let settings = BenchServers.redisSettings
        let secured = try LocalRedis(tls: LocalTLS(LocalCertificateAuthority()), settings: settings)
        try secured.start()
        guard let securedURL = secured.tlsURL else { throw BenchError("a Redis with TLS has no URL") }
        let cluster = try LocalRedisCluster(replicas: 0, settings: settings)
        return [
            Setup(name: "one Redis", url: plain.url, nodes: [plain]),
            Setup(name: "one Redis, TLS", url: securedURL, nodes: [secured]),
            Setup(name: "a cluster of three masters", url: cluster.url, nodes: cluster.nodes),
        ]
    }

    func measure(_ workload: Workload, _ program: SideProgram, by runner: SideRunner) async throws -> Measurement {
        var workload = workload
        workload.options.redisURL = url
        for node in nodes { try node.cli("FLUSHALL") }
        let before = cpu
        var measurement = try await runner.run(workload, program)
        measurement.redisCPU = (cpu - before) / (Double(workload.options.events) / 1000)
        return measurement
    }

    private var cpu: Double { nodes.reduce(0) { $0 + ($1.pid.map { ServerCPU.ofProcess($0) } ?? 0) } }

    static func throughput(_ measured: [(name: String, runs: [Measurement])]) -> String {
        Table(
            ["setup", "events/s", "CPU ours", "CPU of Redis", "CPU of Postgres"],
            measured.map { name, runs in
                [
                    name, cell(runs.map(\.rate), Report.whole), cell(runs.map { $0.cpu * 1000 }, tenths),
                    cell(runs.map { $0.redisCPU * 1000 }, tenths), cell(runs.map { $0.postgresCPU * 1000 }, tenths),
                ]
            }
        ).text
    }

    static func latency(_ measured: [(name: String, rates: [(name: String, runs: [Measurement])])]) -> String {
        Table(
            ["setup", "rate", "p50, ms", "p99, ms", "CPU ours", "CPU of Redis"],
            measured.flatMap { name, rates in
                rates.map { rate, runs in
                    [name, rate]
                        + [0, 1].map { place in
                            cell(runs.compactMap { $0.latency.indices.contains(place) ? $0.latency[place] : nil }) {
                                Report.decimal($0, 2)
                            }
                        }
                        + [cell(runs.map { $0.cpu * 1000 }, tenths), cell(runs.map { $0.redisCPU * 1000 }, tenths)]
                }
            }
        ).text
    }

    private static func tenths(_ value: Double) -> String { Report.decimal(value, 1) }

    private static func cell(_ values: [Double], _ format: (Double) -> String) -> String {
        Spread(values).text(format)
    }
}
