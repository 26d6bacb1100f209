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
    let parts: ConsoleParts
    private let server: EdgeServer<ConsoleContext>
    /// Ends sessions in time.
    private let login: (any Service)?
    private let logger: Logger
    /// What can be asked for: method, path with its parameters in braces, and the right that it needs.
    package let entries: [(method: String, path: String, right: Right)]

    /// - Parameter onServing: Gets the address to open, once connections are taken.
    /// - Throws: `InvalidConsoleSetting`.
    public init(
        _ settings: ConsoleSettings,
        logger: Logger,
        onServing: @escaping @Sendable (_ address: String) -> Void = { _ in }
    ) throws(InvalidConsoleSetting) {
        let keys = SecretKeys(SecretKey())
        let board = LiveBoard()
        let door = try ConsoleDoor(settings, keys, board, logger)
        login = door.service
        let sampler = Sampler(
            settings.connections,
            diagnosisAge: settings.diagnosisAge,
            restTime: settings.restTime,
            board: board
        )
        let looks = SharedLooks(life: settings.lookLife)
        parts = ConsoleParts(
            settings: settings,
            sampler: sampler,
            readers: ReaderPool(settings.connections),
            looks: looks,
            operations: Operations(
                board: board,
                words: { ConsoleFailures(logger: logger).words(of: $0, at: "an operation") },
                onChange: {
                    await looks.forget()
                    await sampler.noteChange()
                }
            ),
            board: board,
            tokens: FormTokens(keys),
            login: door.login,
            logger: logger,
            feeds: TopicFeeds(settings.connections, board)
        )
        let router = Router(context: ConsoleContext.self)
        entries = ConsolePages.add(to: router, parts, hosts: door.hosts).map { ($0.method.rawValue, $0.path, $0.right) }
        self.logger = logger
        server = EdgeServer(router: router, host: settings.host, port: settings.port, logger: logger) { port in
            onServing(door.address(port))
        }
    }

    /// How often it has looked at the servers.
    package var looks: Int { get async { await parts.sampler.looks } }

    /// Topics that somebody follows.
    package var feeds: Int { get async { await parts.feeds.count } }

    /// Entries that were read for the topics that somebody follows.
    package var entriesFollowed: Int { get async { await parts.feeds.looked } }

    /// Pages that are kept fresh.
    package var streams: Int { get async { await parts.board.streamCount } }

    /// Serves until it is told to stop.
    public func run() async throws {
        let services: [any Service] = [parts.sampler, parts.operations, server] + (login.map { [$0] } ?? [])
        try await ServiceGroup(services: services, logger: logger).run()
    }
}
