import ArgumentParser
import Logging
import Postgres
import ServiceKit
import ServiceLifecycle

struct ServeCommand<Service: ServedService>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve",
            abstract: "Serve the service's HTTP API and its pages, until SIGTERM or Ctrl-C.",
            discussion: """
                Listens on HTTP_HOST at the service's port (TRACKER_PORT …). With --workers the process also runs what
                `work` runs: the relay, and that many workers. GET /openapi.json describes the calls, /health/ready tells
                whether the process gets on, /metrics what it has done.

                EXAMPLES
                  popug tracker serve                    HTTP only; `popug tracker work` runs elsewhere
                  popug accounting serve --workers 1     one process for all
                """
        )
    }

    @OptionGroup var options: ServiceOptions
    @Option(help: "Threads that consume in this process as well. 0: none, and no relay unless --relay says so.")
    var workers = 0
    @Option(help: RelayChoice.help) var relay: RelayChoice?
    @Option(help: "The port to listen on. Default: the service's …_PORT.") var port: Int?

    func validate() throws {
        guard (0...256).contains(workers) else { throw ValidationError("--workers takes 0 to 256, got \(workers)") }
        guard port.map((0...65535).contains) ?? true else { throw ValidationError("--port takes 0 to 65535") }
    }

    func run() async throws {
        let settings = try options.settings()
        let process = try ServiceProcess<Service>(settings, purpose: "serve")
        let relay = relay ?? (workers > 0 ? .both : .none)
        let background = try process.background(workers: relay == .only ? 0 : workers, hasRelay: relay != .none)
        let port = try port ?? settings.require(process.service.portSetting)
        let serving = try process.serving(on: port, checks: background.checks)
        try await process.run(background.services + serving)
    }
}
