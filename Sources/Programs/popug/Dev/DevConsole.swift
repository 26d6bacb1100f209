import Foundation
import Logging
import Perch
import PerchConsole
import PerchOperating
import Postgres
import Redis

/// The console of the private system: what its operators look at.
enum DevConsole {
    /// - Parameter onServing: Gets the address to open, with its token.
    static func make(
        _ environment: DevEnvironment,
        port: Int?,
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
        settings.port = try port ?? DevServers.port(8080)
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
