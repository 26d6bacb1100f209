import ArgumentParser
import Logging
import ServiceKit
import ServiceLifecycle

struct WorkCommand<Service: ServedService>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "work",
            abstract: "Run the service's relay and its workers, until SIGTERM or Ctrl-C.",
            discussion: """
                Any number of these may run, on any number of machines: partitions are shared evenly, and those of a
                process that ends move to the others at once (killed or frozen: when its lease is over).

                EXAMPLES
                  popug accounting work --workers 2
                  popug accounting work --relay only                  on two machines: one relays, the other stands by
                  popug accounting work --workers 4 --relay none      on as many as you like
                """
        )
    }

    @OptionGroup var options: ServiceOptions

    @Option(help: "Threads that consume, each with a Redis and a Postgres connection. 0: as --relay only.")
    var workers = 1

    @Option(help: RelayChoice.help)
    var relay = RelayChoice.both

    @Option(help: "Serve /health/live, /health/ready and /metrics of this process at this port. Default: nowhere.")
    var port: Int?

    func validate() throws {
        guard (0...256).contains(workers) else { throw ValidationError("--workers takes 0 to 256, got \(workers)") }
        guard port.map((0...65535).contains) ?? true else { throw ValidationError("--port takes 0 to 65535") }
        try relay.validate(workers: workers)
    }

    func run() async throws {
        let process = try ServiceProcess<Service>(try options.settings(), purpose: "work")
        let background = try process.background(workers: relay == .only ? 0 : workers, hasRelay: relay != .none)
        guard !background.services.isEmpty else {
            throw ValidationError(
                "nothing to run: \(process.service.name) has no topics of its own for a relay, or no group for workers"
            )
        }
        process.logger.info(
            "working",
            metadata: [
                "service": "\(process.service.name)",
                "workers": .stringConvertible(relay == .only ? 0 : workers), "relay": "\(relay.rawValue)",
            ]
        )
        var services = background.services
        if let port {
            let (server, health) = try process.operationsServer(on: port, checks: background.checks)
            services += [server, health]
        }
        try await process.run(services)
    }
}
