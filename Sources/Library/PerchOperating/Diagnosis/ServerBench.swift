import Executors
import FoundationEssentials
import Perch
import Postgres

/// How fast a system's servers answer, step by step of what Perch asks of them all day.
///
/// Hardly anything is written: a stream of its own, which is deleted at the end, a temporary table, which ends with its
/// transaction, and empty messages in the write-ahead log, to see what a COMMIT costs. No table or stream of the system is
/// touched. It is one connection's load, for a second or two.
public actor ServerBench {
    private let system: SystemConnections
    private let rounds: Int
    private let executor = ThreadExecutor(name: "perch-bench")
    /// Its own thread: the connections block it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter rounds: How often each step is taken. Default 200.
    public init(_ system: SystemConnections, rounds: Int = 200) {
        self.system = system
        self.rounds = max(1, rounds)
    }

    /// The entries of one step with many: as many as a worker reads at once by default is 500; this is a fifth.
    private static let batch = 100
    /// As large as a usual event.
    private static let payload = String(repeating: "x", count: 200)

    /// Round trip, append, read as a group.
    ///
    /// - Throws: `ServerProblem`.
    public func redis() throws -> [ServerTiming] {
        try SystemLinks(system).withStreams { streams in
            let name = TopicName(rawValue: "perch-bench-\(UUID.v7().text)")
            return try streams.withBenchStream(Partition(name, 0)) { stream in
                var timings: [ServerTiming] = []
                timings.append(try measure("Redis", .roundTrip) { try stream.ping() })
                timings.append(try measure("Redis", .append) { try stream.append() })
                timings.append(
                    try measure("Redis", .appendMany, rounds: rounds / 10) { try stream.append(Self.batch) }
                )
                try stream.makeGroup()
                timings.append(
                    try measure("Redis", .readMany, rounds: rounds / 10) { try stream.read(Self.batch) }
                )
                return timings
            }
        }
    }

    /// Round trip, COMMIT, and rows written in a pipeline.
    ///
    /// - Parameter service: Whose database.
    /// - Throws: `ServerProblem`.
    public func postgres(of service: String) throws -> [ServerTiming] {
        let server = "Postgres of \(service)"
        return try SystemLinks(system).withDatabase(of: service) { connection in
            var timings: [ServerTiming] = []
            timings.append(try measure(server, .roundTrip) { _ = try connection.execute("SELECT 1") })
            timings.append(
                try measure(server, .commit) {
                    // A message in the write-ahead log: COMMIT has to flush it, and no table is touched.
                    _ = try connection.execute("SELECT pg_logical_emit_message(true, 'perch-bench', 'x')")
                }
            )
            timings.append(
                try measure(server, .writeMany, rounds: rounds / 10) {
                    try connection.transaction { tx in
                        try tx.execute("CREATE TEMPORARY TABLE perch_bench (id bigint, data text) ON COMMIT DROP")
                        for number in 0..<Self.batch {
                            try tx.execute("INSERT INTO perch_bench VALUES (\(Int64(number)), \(Self.payload))")
                        }
                    }
                }
            )
            return timings
        }
    }

    private func measure(
        _ server: String,
        _ step: ServerTiming.Step,
        rounds: Int? = nil,
        _ body: () throws -> Void
    ) rethrows -> ServerTiming {
        // The first has statements to prepare and caches to fill.
        try body()
        var took: [Duration] = []
        for _ in 0..<max(5, rounds ?? self.rounds) {
            let start = ContinuousClock.now
            try body()
            took.append(start.duration(to: .now))
        }
        return ServerTiming(server: server, step: step, took.sorted())
    }
}
