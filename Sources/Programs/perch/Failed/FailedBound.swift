import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// Up to where failed events are chosen. Without it a change of many goes up to the last that was counted when it began.
struct FailedBound: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only up to this mark, as a dry run says it, or an id; once a group. Default: the last that is counted now.",
            valueName: "mark"
        )
    )
    var upTo: [FailedMark] = []

    /// - Throws: `SettingProblem` where it names a group that is not chosen.
    func applied(
        to choices: [FailedChange.Choice],
        in system: SystemConnections
    ) throws -> [FailedChange.Choice] {
        var bounds: [GroupName: FailedEvents.Mark] = [:]
        for bound in upTo {
            let id = bound.id
            // Where one group is changed, its name may be left out.
            let only = choices.count == 1 ? choices.first?.group.rawValue : nil
            let group = try FailedSelection.owner(of: id, group: id.group ?? only, in: system)
            guard choices.contains(where: { $0.group == group }) else {
                throw SettingProblem(
                    description: "--up-to \(id): the group \(group) is not one of those that are chosen",
                    cause: .commandLine
                )
            }
            bounds[group] = bounds[group]?.bounded(by: bound.mark) ?? bound.mark
        }
        return choices.map { choice in
            var filter = choice.filter
            filter.upTo = bounds[choice.group]
            return FailedChange.Choice(group: choice.group, filter: filter)
        }
    }
}
