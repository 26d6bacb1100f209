import ArgumentParser
import Foundation
import Logging
import Metrics
import Perch
import Postgres
import Redis

/// Our side of a measurement, as a process of its own.
struct SideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "side",
        abstract: "Our side of one measurement; perch-bench starts it.",
        discussion: """
            It says "ready", does its work when it reads a line, says what it measured, and waits for the end of its input.
            """,
        shouldDisplay: false
    )

    @Argument(parsing: .captureForPassthrough, help: "What to do.")
    var arguments: [String]

    func run() async throws {
        let options = try SideOptions(parsing: arguments)
        let label = options.job == .relay ? "perch_events_published_total" : "perch_events_processed_total"
        let progress = Progress(target: options.events)
        if options.job != .publish { MetricsSystem.bootstrap(ProgressMetrics(label: label, progress: progress)) }
        let side = try Side(options, progress)
        say("ready")
        guard readLine() != nil else { return }
        let before = cpuSeconds()
        switch options.job {
        case .consume: try await side.consume()
        case .publish: try await side.publish()
        case .relay: try await side.relay()
        case .whole, .latency: try await side.wholeWay()
        case .idle: try await side.idle()
        }
        say(progress.line(cpu: cpuSeconds() - before))
        while readLine() != nil {}
    }

    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    private func cpuSeconds() -> Double {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
        #else
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #endif
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

/// The jobs as a user of the library writes them.
struct Side: Sendable {
    let options: SideOptions
    let progress: Progress
    let contract: Contract
    let redis: RedisConfiguration
    let postgres: PostgresConfiguration
    /// What goes wrong is said, and nothing else.
    let logger = {
        var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }()

    init(_ options: SideOptions, _ progress: Progress) throws {
        self.options = options
        self.progress = progress
        contract = .bench(partitions: options.partitions)
        redis = try RedisConfiguration(url: options.redisURL ?? "redis://127.0.0.1:\(options.redisPort)")
        postgres = try PostgresConfiguration(url: options.postgres)
    }

    func makePool() throws -> WorkerPool {
        let subscription =
            switch options.handler {
            case .none: Subscription(topic: Posted.topic, handlers: [PostNothing()])
            case .each: Subscription(topic: Posted.topic, handlers: [PostEach()])
            case .batch: Subscription(topic: Posted.topic, batch: PostBatch())
            case .ordered: Subscription(topic: Posted.topic, batch: PostInOrder())
            case .adaptive: Subscription(topic: Posted.topic, batch: PostBatch(), each: [PostEach()])
            }
        var settings = WorkerPool.Settings()
        settings.workers = options.workers
        settings.batchSize = options.batch
        return try WorkerPool(
            group: ConsumerGroup(name: "bench", subscriptions: [subscription]),
            contract: contract,
            configuration: .init(redis: redis, postgres: postgres),
            settings: settings,
            logger: logger
        )
    }

    func makeRelay() -> OutboxRelay {
        OutboxRelay(
            owner: "bench",
            contract: contract,
            configuration: .init(redis: redis, postgres: postgres),
            logger: logger
        )
    }

    /// Runs the service beside the body and stops it in good order.
    func whileRunning(
        _ service: @escaping @Sendable () async throws -> Void,
        _ body: () async throws -> Void
    ) async throws {
        let running = Task { try await service() }
        defer { running.cancel() }
        try await body()
        running.cancel()
        try await running.value
    }
}

extension Contract {
    private static let posted = [
        Field(name: "posting_id", type: .string, format: .uuid),
        Field(name: "account", type: .integer, minimum: 0),
        Field(name: "amount", type: .integer, minimum: 1, maximum: 1_000_000),
        Field(name: "note", type: .string, minLength: 1, maxLength: 200),
    ]

    /// One topic, owned by the bench and read by its group.
    static func bench(partitions: Int) -> Contract {
        Contract(
            topics: [
                TopicContract(
                    name: Posted.topic,
                    owner: "bench",
                    key: "account",
                    partitions: partitions,
                    groups: ["bench"],
                    events: [EventContract(type: Posted.type, versions: [EventVersion(number: 1, fields: posted)])]
                )
            ]
        )
    }
}
