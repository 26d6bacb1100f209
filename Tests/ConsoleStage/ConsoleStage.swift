import Foundation
import LocalServers
import Logging
import Perch
import PerchConsole
import PerchOperating
import Postgres
import Redis
import ServiceLifecycle
import UnixSignals

/// Serves the console of systems in several states, on free ports of this machine, until it is ended. Each line that it prints is a
/// state and an address to open: for `ops/check-pages`, and for whoever works on a page.
@main
enum ConsoleStage {
    static func main() async throws {
        let (busy, idle, flows) = (try StageSystem(), try StageSystem(), try StageSystem())
        defer { for system in [busy, idle, flows] { system.end() } }
        var withoutRedis = try busy.connections()
        withoutRedis.redis = try RedisConfiguration(url: "redis://127.0.0.1:1")
        var withoutOne = try busy.connections()
        withoutOne.databases["shipping"] = try PostgresConfiguration(url: "postgres://nobody@127.0.0.1:1/none")
        var alone = withoutRedis
        alone.databases = try alone.databases.mapValues { _ in
            try PostgresConfiguration(url: "postgres://nobody@127.0.0.1:1/none")
        }
        let consoles = [
            try console("well", try busy.connections(), .red), try console("empty", try idle.connections(), .green),
            try console("redis-away", withoutRedis, .amber), try console("postgres-away", withoutOne, .blue),
            try console("all-away", alone, .red),
            try console("flows", try flows.connections(), .green),
        ]
        var logger = Logger(label: "stage")
        logger.logLevel = .critical
        let group = ServiceGroup(
            services: consoles + (try busy.services()) + (try flows.servicesForFlows()) + [
                Pausing(pauses: Pauses(OperatedSystem(try busy.connections())))
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }

    private static func console(
        _ state: String,
        _ connections: SystemConnections,
        _ tint: ConsoleSettings.Tint
    ) throws -> PerchConsole {
        var settings = ConsoleSettings(
            connections: connections,
            context: state == "well" ? "production" : state,
            operatorName: "ann@stage"
        )
        settings.tint = tint
        settings.port = try freePort()
        // Neither a browser that looks at pages one after another nor a busy machine is what is looked at.
        settings.requestsPerSecond = 1_000_000
        settings.scanPatience = .seconds(3600)
        var logger = Logger(label: "console")
        logger.logLevel = .error
        return try PerchConsole(settings, logger: logger) { address in
            FileHandle.standardOutput.write(Data("\(state) \(address)\n".utf8))
        }
    }
}

/// Pauses a group as soon as its workers have started.
private struct Pausing: Service {
    let pauses: Pauses

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            if let found = try? await pauses.paused("mailing", "invoices"), found.all > 0,
                try await pauses.pause("mailing", "invoices", by: "ann@stage") > 0
            {
                break
            }
            // habits: it waits for workers to start, which is theirs to do
            try? await Task.sleep(for: .milliseconds(250))
        }
        try? await gracefulShutdown()
    }
}
