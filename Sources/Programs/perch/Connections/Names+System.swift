import ArgumentParser
import OperatorSettings
import Perch
import PerchOperating

extension Names {
    static func topic(_ name: String, in contract: Contract) throws -> TopicContract {
        if let topic = contract.topic(TopicName(rawValue: name)) { return topic }
        let names = contract.topics.map(\.name.rawValue)
        throw SettingProblem(
            description:
                "there is no topic `\(name)`; the contract has \(names.joined(separator: ", "))\(hint(name, names))",
            cause: .commandLine
        )
    }

    static func group(_ name: String, in system: SystemConnections) throws -> GroupName {
        let names = system.groups.map(\.rawValue)
        if names.contains(name) { return GroupName(rawValue: name) }
        throw SettingProblem(
            description:
                "there is no group `\(name)`; the contract has \(names.joined(separator: ", "))\(hint(name, names))",
            cause: .commandLine
        )
    }

    static func service(_ name: String, in system: SystemConnections) throws -> String {
        if system.services.contains(name) { return name }
        throw SettingProblem(
            description: "there is no service `\(name)`; the contract has "
                + "\(system.services.joined(separator: ", "))\(hint(name, system.services))",
            cause: .commandLine
        )
    }

    static func place(_ text: String, option: String = "--from") throws -> StreamPlace {
        if let place = StreamPlace(text) { return place }
        throw SettingProblem(
            description: "\(option): expected \(StreamPlace.expectation); got `\(text)`",
            cause: .commandLine
        )
    }

    /// - Throws: `ValidationError` for what is no version of an event's fields.
    static func requireVersion(_ version: Int?) throws {
        guard let version, !EventVersion.numbers.contains(version) else { return }
        throw ValidationError("--event-version: expected 1 to \(Int32.max); got \(version)")
    }
}
