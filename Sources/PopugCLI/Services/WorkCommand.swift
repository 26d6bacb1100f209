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
                process that ends move to the others within 2 seconds (killed or frozen: within the lease and 2 seconds).

                EXAMPLE
                  popug accounting work --workers 2
                """
        )
    }

    @OptionGroup var options: ServiceOptions

    @Option(help: "Threads that consume, each with a Redis and a Postgres connection. 0: relay only.")
    var workers = 1

    func validate() throws {
        guard (0...256).contains(workers) else { throw ValidationError("--workers takes 0 to 256, got \(workers)") }
    }

    func run() async throws {
        let settings = try options.settings()
        let process = try ServiceProcess(try Service.describe(settings), settings: settings, purpose: "work")
        let parts: [(any ServiceLifecycle.Service)?] = [try process.relay(), try process.pool(workers: workers)]
        let services = parts.compactMap(\.self)
        guard !services.isEmpty else {
            throw ValidationError(
                "nothing to run: \(process.service.name) has no topics of its own, and no workers were asked for"
            )
        }
        process.logger.info(
            "working",
            metadata: ["service": "\(process.service.name)", "workers": "\(workers)"]
        )
        try await process.run(services)
    }
}
