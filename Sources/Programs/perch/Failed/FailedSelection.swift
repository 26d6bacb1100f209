import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// Which failed events: all conditions together must hold.
struct FailedSelection: ParsableArguments {
    @Option(help: "Only this group's. Default: all groups'.") var group: String?
    @Option(help: ArgumentHelp("Only this topic, or one partition of it.", valueName: "topic[:n]")) var topic: String?
    @Option(help: "Only events of this key.") var key: String?
    @Option(help: "Only events of this type.") var type: String?
    @Option(help: ArgumentHelp("Only where the error has this text, in capitals or not.", valueName: "text"))
    var error: String?
    @Option(
        help: ArgumentHelp(
            "Only errors of this pattern, whole, as `perch failed errors` prints it.",
            valueName: "pattern"
        )
    )
    var errorPattern: String?
    @Option(help: "Only events in this state; may be given again for others.") var state: [FailedState] = []
    @Option(help: ArgumentHelp("Only what failed at least so long ago: 90s, 15m, 2h, 7d.", valueName: "age"))
    var olderThan: Age?
    @Option(help: ArgumentHelp("Only what failed at most so long ago.", valueName: "age")) var newerThan: Age?

    /// Whether anything chooses.
    var isEmpty: Bool {
        topic == nil && key == nil && type == nil && error == nil && errorPattern == nil && state.isEmpty
            && olderThan == nil && newerThan == nil
    }

    /// - Throws: `SettingProblem` for a name that the contract does not have, or an id whose group is not clear.
    func choices(_ ids: [FailedID], in system: SystemConnections) throws -> [FailedChange.Choice] {
        var filter = FailedEvents.Filter()
        filter.states = Set(state.map(\.state))
        filter.key = key
        filter.error = error
        filter.errorPattern = errorPattern
        filter.olderThan = olderThan?.duration
        filter.newerThan = newerThan?.duration
        let topic = try topic.map { try place($0, in: system.contract) }
        filter.topic = topic?.topic.name
        filter.partition = topic?.partition
        filter.type = try type.map { try eventType($0, topic?.topic, in: system.contract) }
        if ids.isEmpty {
            return try groups(reading: topic?.topic, in: system).map { FailedChange.Choice(group: $0, filter: filter) }
        }
        let named = try Dictionary(grouping: ids) { try Self.owner(of: $0, group: group, in: system) }
        return named.sorted { $0.key < $1.key }.map { group, ids in
            var chosen = filter
            chosen.ids = ids.map(\.number).sorted()
            return FailedChange.Choice(group: group, filter: chosen)
        }
    }

    private func groups(reading topic: TopicContract?, in system: SystemConnections) throws -> [GroupName] {
        if let group { return [try Names.group(group, in: system)] }
        return topic?.groups.sorted() ?? system.groups
    }

    /// - Parameter group: As given beside the id.
    static func owner(of id: FailedID, group: String?, in system: SystemConnections) throws -> GroupName {
        if let name = id.group ?? group {
            let owner = try Names.group(name, in: system)
            guard group == nil || group == name else {
                throw SettingProblem(
                    description: "\(name)/\(id.number) is not of the group \(group ?? ""): leave --group out",
                    cause: .commandLine
                )
            }
            return owner
        }
        if system.groups.count == 1, let only = system.groups.first { return only }
        throw SettingProblem(
            description:
                "of which group is \(id.number)? Write \(system.groups.first.map { "\($0)" } ?? "GROUP")/\(id.number)"
                + " or give --group; the contract has \(system.groups.map(\.rawValue).joined(separator: ", "))",
            cause: .commandLine
        )
    }

    private func place(
        _ text: String,
        in contract: Contract
    ) throws -> (topic: TopicContract, partition: PartitionNumber?) {
        guard let colon = text.lastIndex(of: ":"), contract.topic(TopicName(rawValue: text)) == nil else {
            return (try Names.topic(text, in: contract), nil)
        }
        let topic = try Names.topic(String(text[..<colon]), in: contract)
        guard let number = Int(text[text.index(after: colon)...]), (0..<topic.partitions).contains(number) else {
            throw SettingProblem(
                description:
                    "--topic: \(topic.name) has \(topic.partitions) partitions, numbered from 0; got `\(text)`",
                cause: .commandLine
            )
        }
        return (topic, PartitionNumber(rawValue: number))
    }

    /// A type that was taken out of the contract may still lie there; one that is nearly a known one is mistyped.
    private func eventType(_ name: String, _ topic: TopicContract?, in contract: Contract) throws -> EventType {
        let known = (topic.map { [$0] } ?? contract.topics).flatMap(\.events).map(\.type.rawValue)
        let hint = Names.hint(name, known)
        guard known.contains(name) || hint.isEmpty else {
            throw SettingProblem(description: "--type: there is no event `\(name)`\(hint)", cause: .commandLine)
        }
        return EventType(rawValue: name)
    }
}

extension FailedSelection {
    /// Nothing is changed because somebody forgot to say what.
    static func requireChoice(_ ids: [FailedID], _ selection: FailedSelection, all: Bool) throws {
        if all, !ids.isEmpty || !selection.isEmpty {
            throw ValidationError("--all goes with --group only: give ids or conditions, or --all")
        }
        if ids.isEmpty, selection.isEmpty, !all {
            throw ValidationError(
                "which ones? Give ids (accounting/17), conditions (--key, --type, --error …), or --all"
            )
        }
    }
}
