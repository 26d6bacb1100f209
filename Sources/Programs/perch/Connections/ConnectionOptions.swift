import ArgumentParser
import Foundation
import Perch
import PerchOperating
import Postgres
import Redis

/// Where the system is: flags, then the environment, then a context of the config file.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The Redis of the streams. Default: REDIS_URL.", valueName: "url"))
    var redis: String?

    @Option(
        help: ArgumentHelp(
            "A service's database, SERVICE=URL; once a service. Default: SERVICE_DATABASE_URL.",
            valueName: "service=url"
        )
    )
    var database: [String] = []

    @Option(help: "The prefix of the streams' keys on a shared Redis. Default: PERCH_NAMESPACE.")
    var namespace: String?

    @Option(
        help: ArgumentHelp(
            "The folder of the contract. Default: STREAMS_DIR, the context's, or streams here or above.",
            valueName: "folder"
        )
    )
    var streams: String?

    @Option(
        help: ArgumentHelp("The config file. Default: PERCH_CONFIG, or ~/.config/perch/config.yaml.", valueName: "file")
    )
    var config: String?

    @Option(help: "Which context of the config file. Default: PERCH_CONTEXT, or its `current`.")
    var context: String?

    @Flag(help: "Say on the standard error which contract is used.")
    var verbose = false

    /// - Throws: `SettingProblem`, `ContractError`.
    func system(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> SystemConnections {
        let (system, contract) = try opened(environment: environment)
        // Nobody named it, and it is not where one stands.
        if verbose || contract.origin == .above { Console.error(contract.sentence) }
        return system
    }

    /// The system, and the contract it was found by.
    ///
    /// - Throws: `SettingProblem`, `ContractError`.
    func opened(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> (system: SystemConnections, contract: LocatedContract) {
        let context = try ContextFile.context(named: self.context, file: config, environment: environment)
        let located = try LocatedContract(flag: streams, environment: environment, context: context?.streams)
        let contract = try Contract.load(directory: located.folder)
        var system = SystemConnections(contract: contract, redis: nil, databases: [:])
        var databases: [String: String] = [:]
        for service in system.services {
            databases[service] = environment[ServerProblem.variable(of: service)] ?? context?.databases[service]
        }
        for pair in database {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, system.services.contains(parts[0]) else {
                let names = system.services.joined(separator: ", ")
                throw SettingProblem(
                    description: "--database: expected SERVICE=URL with a service of the contract (\(names))"
                        + Names.hint(parts.first ?? "", system.services),
                    code: Console.usage
                )
            }
            databases[parts[0]] = parts[1]
        }
        do {
            let url = redis ?? environment["REDIS_URL"] ?? context?.redis
            system = SystemConnections(
                contract: contract,
                redis: try url.map { try RedisConfiguration(url: $0) },
                databases: try databases.mapValues { try PostgresConfiguration(url: $0) },
                naming: StreamNaming(namespace: namespace ?? environment["PERCH_NAMESPACE"] ?? context?.namespace ?? "")
            )
        } catch let error as RedisError {
            throw SettingProblem(description: "the address of Redis cannot be used: \(error.message)")
        } catch let error as PostgresError {
            throw SettingProblem(description: "the address of a database cannot be used: \(error.message)")
        }
        return (system, located)
    }
}

/// Names that people type.
enum Names {
    static func topic(_ name: String, in contract: Contract) throws -> TopicContract {
        if let topic = contract.topic(TopicName(rawValue: name)) { return topic }
        let names = contract.topics.map(\.name.rawValue)
        throw SettingProblem(
            description:
                "there is no topic `\(name)`; the contract has \(names.joined(separator: ", "))\(hint(name, names))",
            code: Console.usage
        )
    }

    static func group(_ name: String, in system: SystemConnections) throws -> GroupName {
        let names = system.groups.map(\.rawValue)
        if names.contains(name) { return GroupName(rawValue: name) }
        throw SettingProblem(
            description:
                "there is no group `\(name)`; the contract has \(names.joined(separator: ", "))\(hint(name, names))",
            code: Console.usage
        )
    }

    static func service(_ name: String, in system: SystemConnections) throws -> String {
        if system.services.contains(name) { return name }
        throw SettingProblem(
            description: "there is no service `\(name)`; the contract has "
                + "\(system.services.joined(separator: ", "))\(hint(name, system.services))",
            code: Console.usage
        )
    }

    static func place(_ text: String, option: String = "--from") throws -> StreamPlace {
        if let place = StreamPlace(text) { return place }
        throw SettingProblem(
            description: "\(option): expected \(StreamPlace.expectation); got `\(text)`",
            code: Console.usage
        )
    }

    /// - Throws: `ValidationError` for what is no version of an event's fields.
    static func requireVersion(_ version: Int?) throws {
        guard let version, !EventVersion.numbers.contains(version) else { return }
        throw ValidationError("--event-version: expected 1 to \(Int32.max); got \(version)")
    }

    static func hint(_ name: String, _ names: [String]) -> String { NearestName.hint(for: name, in: names) }
}

/// Shown again and again.
struct WatchOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Show it again and again, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("How often with --watch.", valueName: "seconds"))
    var interval = 2.0

    func validate() throws {
        guard (0.1...86_400).contains(interval) else {
            throw ValidationError("--interval: expected 0.1 to 86400 seconds; got \(interval)")
        }
    }
}

/// Who changes something, and how sure they are.
struct ChangeOptions: ParsableArguments {
    @Option(help: "Who does it, for the record in perch.operations. Default: USER@HOST.")
    var by: String?

    @Flag(help: "Only say what it would do.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    var name: String { by ?? "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" }
}
