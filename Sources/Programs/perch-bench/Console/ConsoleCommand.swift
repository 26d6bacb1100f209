import ArgumentParser
import Foundation
import LocalServers

/// What the console costs a system that works, and how fast it answers meanwhile.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Measures what the console costs, and how long its pages take beside a worker at full speed.",
        discussion: """
            Three measurements: a worker at full speed alone, beside the console that nobody looks at, beside 50 open pages, and
            beside twenty connections that ask for pages as fast as they come; what one and 50 open pages ask of idle servers;
            and the console's memory while a topic that gets 20,000 events a second is followed. It needs curl and wrk.

            examples:
              ops/bench --console
              ops/bench --console --pairs 1 --seconds 5

            exit codes: 0 measured; 1 something failed; 64 wrong usage
            """
    )

    @Option(help: "How often each is measured; they take turns.") var pairs = 3
    @Option(help: "Events that wait for the worker.") var events = 1_000_000
    @Option(help: "How long one and many viewers, and the topic that is followed, are watched.") var seconds = 30
    @Option(help: "The console. Default: perch-console beside this program.") var console: String?

    func validate() throws {
        guard pairs > 0, seconds > 0, events >= 2000 else {
            throw ValidationError("--pairs and --seconds take 1 or more, --events 2000 or more")
        }
    }

    func run() async throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let program = console ?? (own as NSString).deletingLastPathComponent + "/perch-console"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw BenchError("\(program) is not there: swift build -c release --product perch-console")
        }
        try await withLocalRedis(settings: BenchServers.redisSettings) { redis in
            try await withLocalPostgres(fsync: true, settings: BenchServers.postgresSettings) { postgres in
                let servers = try BenchServers(redis: redis, postgres: postgres)
                let bench = ConsoleBench(servers: servers, console: program, own: own, seconds: seconds)
                ProgressLine.end(with: try await bench.besideWorker(events: events, pairs: pairs))
                ProgressLine.end(with: try await bench.viewers(pairs: pairs))
                ProgressLine.end(with: try await bench.followedTopic(pairs: pairs))
            }
        }
    }
}
