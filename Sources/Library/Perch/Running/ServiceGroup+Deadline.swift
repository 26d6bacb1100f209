public import Logging
public import ServiceLifecycle
import UnixSignals

extension ServiceGroup {
    /// Runs services until SIGTERM or Ctrl-C, and stops them in the reverse order by a deadline.
    ///
    /// When five sixths of the time are over, the services are cancelled; when all of it is, the process ends by a trap, whatever still
    /// runs: a handler that neither returns nor talks to Postgres. Nothing is lost by that: what was not committed is handled again by the
    /// next owner of its partitions, once the leases have ended.
    ///
    /// - Parameters:
    ///   - services: Workers and relays take up to `WorkerPool.Settings.drain` and 10 s, one after another.
    ///   - deadline: From the signal to the end of the process. Keep five sixths of it above what the services take together, and all of
    ///     it below what the process's supervisor grants. Default 40 s.
    public init(services: [any Service], stoppingWithin deadline: Duration = .seconds(40), logger: Logger) {
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = deadline * 5 / 6
        configuration.maximumCancellationDuration = deadline / 6
        self.init(configuration: configuration)
    }
}
