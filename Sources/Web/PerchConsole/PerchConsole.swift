import HTTPKit
import Hummingbird
public import Logging
import PageKit
import PerchOperating
public import ServiceLifecycle

/// The web console of a Perch system: what its operators look at, and what they dare to press. See `perch-console --help`.
///
/// It keeps nothing on disk, and asks the servers the same however many people look.
public struct PerchConsole: Service {
    private let parts: ConsoleParts
    private let server: EdgeServer<ConsoleContext>
    private let logger: Logger

    /// - Parameter onServing: Gets the address to open, once connections are taken.
    /// - Throws: `InvalidConsoleSetting`.
    public init(
        _ settings: ConsoleSettings,
        logger: Logger,
        onServing: @escaping @Sendable (_ address: String) -> Void = { _ in }
    ) throws(InvalidConsoleSetting) {
        guard ["127.0.0.1", "::1", "localhost"].contains(settings.host) else {
            throw InvalidConsoleSetting(
                description:
                    "host: expected 127.0.0.1 or ::1, for nobody has to log in by name here; found \(settings.host)"
            )
        }
        let keys = SecretKeys(SecretKey())
        let login = StandaloneLogin(
            name: settings.operatorName,
            role: settings.isReadOnly ? .viewer : settings.tokenRole,
            port: settings.port,
            keys: keys,
            frame: ConsoleFrame.bare(settings)
        )
        let board = LiveBoard()
        parts = ConsoleParts(
            settings: settings,
            sampler: Sampler(settings.connections, board: board),
            readers: ReaderPool(settings.connections),
            operations: Operations(board: board),
            board: board,
            tokens: FormTokens(keys),
            login: login,
            logger: logger
        )
        let router = Router(context: ConsoleContext.self)
        ConsolePages.add(to: router, parts, hosts: OwnHosts(loopbackPort: settings.port))
        self.logger = logger
        server = EdgeServer(router: router, host: settings.host, port: settings.port, logger: logger) { port in
            let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
            onServing("http://\(host):\(port)/?token=\(login.token)")
        }
    }

    /// Serves until it is told to stop.
    public func run() async throws {
        try await ServiceGroup(services: [parts.sampler, parts.operations, server], logger: logger).run()
    }
}
