import Foundation
import Logging
import Perch
import PerchConsole
import PerchOperating
import Postgres
import Redis

/// The console of the private system: what its operators look at.
enum DevConsole {
    /// People log in to it at auth, as to all other pages.
    ///
    /// - Parameter onServing: Gets the address to open.
    static func make(
        _ environment: DevEnvironment,
        onServing: @escaping @Sendable (String) -> Void
    ) throws -> PerchConsole {
        let redis = environment.redis.url(user: "operator", password: environment.operatorPassword)
        let connections = SystemConnections(
            contract: try Contract.load(directory: environment.streams),
            redis: try RedisConfiguration(url: redis),
            databases: try Dictionary(
                uniqueKeysWithValues: environment.services.keys.map { service in
                    (service, try PostgresConfiguration(url: environment.databaseURL(service)))
                }
            )
        )
        let name = "\(NSUserName())@\(ProcessInfo.processInfo.hostName)"
        var settings = ConsoleSettings(connections: connections, context: "dev", operatorName: name)
        settings.port = environment.ports["console"] ?? settings.port
        if let client = environment.clients.first(where: { $0.program == "console" }) {
            var issuer = ConsoleIssuer(
                issuer: environment.publicAddress("auth"),
                clientID: client.program,
                publicURL: client.address
            )
            issuer.clientSecret = client.secret
            issuer.internalURL = environment.address("auth")
            settings.issuer = issuer
        }
        settings.tint = .green
        settings.contractSource = (environment.streams, "environment")
        settings.owners = try Dictionary(
            uniqueKeysWithValues: environment.services.keys.map { service in
                (service, try PostgresConfiguration(url: environment.ownerURL(service)))
            }
        )
        var logger = Logger(label: "popug.dev.console")
        logger.logLevel = .error
        return try PerchConsole(settings, logger: logger, onServing: onServing)
    }
}
