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

                EXAMPLE
                  popug accounting work --workers 2
                """
        )
    }

    @OptionGroup var options: ServiceOptions

    @Option(help: "Threads that consume, each with a Redis and a Postgres connection. 0: relay only.")
    var workers = 1

    @Option(help: "Serve /health/live, /health/ready and /metrics of this process at this port. Default: nowhere.")
    var port: Int?

    func validate() throws {
        guard (0...256).contains(workers) else { throw ValidationError("--workers takes 0 to 256, got \(workers)") }
        guard port.map((0...65535).contains) ?? true else { throw ValidationError("--port takes 0 to 65535") }
    }

    func run() async throws {
        let process = try ServiceProcess<Service>(try options.settings(), purpose: "work")
        let background = try process.background(workers: workers)
        guard !background.services.isEmpty else {
            throw ValidationError(
                "nothing to run: \(process.service.name) has no topics of its own, and no workers were asked for"
            )
        }
        process.logger.info(
            "working",
            metadata: ["service": "\(process.service.name)", "workers": .stringConvertible(workers)]
        )
        var services = background.services
        if let port {
            let (server, health) = try process.operationsServer(on: port, checks: background.checks)
            services += [server, health]
        }
        try await process.run(services)
    }
}
