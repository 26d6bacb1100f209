import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// Up to where many failed events are changed. Without it: up to the last that was counted when the command began.
struct FailedBound: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only up to this id, as the dry run says it; once a group. Default: the last that is counted now.",
            valueName: "id"
        )
    )
    var upTo: [FailedID] = []

    /// - Throws: `SettingProblem` where it names a group that is not changed.
    func applied(
        to choices: [FailedChange.Choice],
        in system: SystemConnections
    ) throws -> [FailedChange.Choice] {
        var bounds: [GroupName: FailedEvent.ID] = [:]
        for id in upTo {
            // Where one group is changed, its name may be left out.
            let only = choices.count == 1 ? choices.first?.group.rawValue : nil
            let group = try FailedSelection.owner(of: id, group: id.group ?? only, in: system)
            guard choices.contains(where: { $0.group == group }) else {
                throw SettingProblem(
                    description: "--up-to \(id): the group \(group) is not one of those that are changed",
                    cause: .commandLine
                )
            }
            bounds[group] = min(bounds[group] ?? .max, id.number)
        }
        return choices.map { choice in
            var filter = choice.filter
            filter.upTo = bounds[choice.group].map { FailedEvents.Mark(id: $0) }
            return FailedChange.Choice(group: choice.group, filter: filter)
        }
    }
}
