import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast your Redis and Postgres answer, and say what is usual.",
        usage: "perch bench [--service <service>] [--rounds <rounds>] [<options>]",
        discussion: Help.flowing(
            """
            One connection each, a second or two. It touches no stream or table of the system: it appends to a stream of
            its own, which it deletes, writes to a temporary table, and emits empty messages into the write-ahead log to
            see what a COMMIT costs.

            USUAL is the range of medians from the same machine to the same data centre, on SSDs. A COMMIT slower than
            that is the disk, or a synchronous standby; a slow round trip is the network, or a busy server. What a worker
            can do is about its batch (500 events) for each COMMIT and three round trips.

            EXAMPLES
              perch bench
              perch bench --service accounting --rounds 1000
              perch bench --json | jq '.timings[] | select(.is_slow)'

            EXIT CODES  0 fine · 1 something is slower than usual · 2 a server could not be measured · 64 wrong usage
            """
        )
    )

    @Option(help: "Only the database of this service, and Redis. Default: all that are known.") var service: String?
    @Option(help: "How often each step is taken.") var rounds = 200
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (5...100_000).contains(rounds) else {
            throw ValidationError("--rounds: expected 5 to 100000; got \(rounds)")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let services = try service.map { [try Names.service($0, in: system)] } ?? system.databases.keys.sorted()
            let bench = ServerBench(system, rounds: rounds)
            var timings: [ServerTiming] = []
            var problems: [ServerProblem] = []
            func note(_ question: () async throws -> [ServerTiming]) async throws {
                do {
                    timings += try await question()
                } catch let problem as ServerProblem {
                    problems.append(problem)
                }
            }
            try await note { try await bench.redis() }
            for service in services { try await note { try await bench.postgres(of: service) } }
            if json {
                Console.out(try JSONOutput.shown(BenchDocument(timings, problems.map(ProblemDocument.init))))
            } else {
                Console.out(BenchText.text(timings, .current()))
            }
            if let code = Console.report(problems) { throw code }
            if timings.contains(where: \.isSlow) { throw Console.trouble }
        }
    }
}

/// Timings for people.
enum BenchText {
    static func text(_ timings: [ServerTiming], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "SERVER"), .init(header: "WHAT"), .init(header: "MEDIAN", isRight: true),
            .init(header: "P99", isRight: true), .init(header: "USUAL", isRight: true),
            .init(header: "ROUNDS", isRight: true, dispensable: 2), .init(header: "", dispensable: 1),
        ])
        for timing in timings {
            let usual =
                "\(Format.milliseconds(timing.usual.lowerBound))–\(Format.milliseconds(timing.usual.upperBound)) ms"
            table.add([
                Table.Cell(timing.server, .name), Table.Cell(name(timing.step)),
                Table.Cell("\(Format.milliseconds(timing.median)) ms", timing.isSlow ? .bad : .good),
                Table.Cell("\(Format.milliseconds(timing.p99)) ms"), Table.Cell(usual, .dim),
                Table.Cell(Format.count(timing.rounds)),
                Table.Cell(timing.isSlow ? "slow" : "", .bad),
            ])
        }
        let slow = timings.filter(\.isSlow)
        guard !timings.isEmpty else { return "" }
        let names = slow.map { "\(name($0.step)) of \($0.server)" }.joined(separator: "; ")
        return table.text(screen) + (slow.isEmpty ? "All as usual.\n" as Shown : "Slower than usual: \(names).\n")
    }

    private static func name(_ step: ServerTiming.Step) -> String {
        switch step {
        case .roundTrip: "round trip"
        case .append: "XADD"
        case .appendMany: "100 XADD, pipelined"
        case .readMany: "XREADGROUP of 100"
        case .commit: "COMMIT"
        case .writeMany: "100 rows, no flush"
        default: step.rawValue
        }
    }
}
