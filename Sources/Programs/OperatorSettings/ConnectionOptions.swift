package import ArgumentParser
import Foundation
import Perch
import PerchOperating
import Postgres
import Redis

/// Where the system is: flags, then the environment, then a context of the config file.
package struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The Redis of the streams. Default: REDIS_URL.", valueName: "url"))
    package var redis: String?

    @Option(
        help: ArgumentHelp(
            "A service's database, SERVICE=URL; once a service. Default: SERVICE_DATABASE_URL.",
            valueName: "service=url"
        )
    )
    package var database: [String] = []

    @Option(help: "The prefix of the streams' keys on a shared Redis. Default: PERCH_NAMESPACE.")
    package var namespace: String?

    @Option(
        help: ArgumentHelp(
            "The folder of the contract. Default: STREAMS_DIR, the context's, or streams here or above.",
            valueName: "folder"
        )
    )
    package var streams: String?

    @Option(
        help: ArgumentHelp("The config file. Default: PERCH_CONFIG, or ~/.config/perch/config.yaml.", valueName: "file")
    )
    package var config: String?

    @Option(help: "Which context of the config file. Default: PERCH_CONTEXT, or its `current`.")
    package var context: String?

    @Flag(help: "Say on the standard error which contract is used.")
    package var verbose = false

    package init() {}
}

extension ConnectionOptions {
    /// The system, and how it was found.
    ///
    /// - Throws: `SettingProblem`, `ContractError`.
    package func opened(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ChosenSystem {
        let context = try ContextFile.context(named: self.context, file: config, environment: environment)
        let located = try LocatedContract(flag: streams, environment: environment, context: context?.streams)
        let contract = try Contract.load(directory: located.folder)
        let services = SystemConnections(contract: contract, redis: nil, databases: [:]).services
        do {
            let url = redis ?? environment["REDIS_URL"] ?? context?.redis
            return ChosenSystem(
                connections: SystemConnections(
                    contract: contract,
                    redis: try url.map { try RedisConfiguration(url: $0) },
                    databases: try databases(of: services, environment, context)
                        .mapValues { try PostgresConfiguration(url: $0) },
                    naming: StreamNaming(
                        namespace: namespace ?? environment["PERCH_NAMESPACE"] ?? context?.namespace ?? ""
                    )
                ),
                contract: located,
                owners: try (context?.owners(of: services) ?? [:]).mapValues { try PostgresConfiguration(url: $0) },
                context: context
            )
        } catch let error as RedisError {
            throw SettingProblem(description: "the address of Redis cannot be used: \(error.message)")
        } catch let error as PostgresError {
            throw SettingProblem(description: "the address of a database cannot be used: \(error.message)")
        }
    }

    private func databases(
        of services: [String],
        _ environment: [String: String],
        _ context: OperatorContext?
    ) throws -> [String: String] {
        var databases: [String: String] = [:]
        for service in services {
            databases[service] = environment[ServerProblem.variable(of: service)] ?? context?.databases[service]
        }
        for pair in database {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, services.contains(parts[0]) else {
                throw SettingProblem(
                    description: "--database: expected SERVICE=URL with a service of the contract "
                        + "(\(services.joined(separator: ", ")))\(Names.hint(parts.first ?? "", services))",
                    cause: .commandLine
                )
            }
            databases[parts[0]] = parts[1]
        }
        return databases
    }
}
