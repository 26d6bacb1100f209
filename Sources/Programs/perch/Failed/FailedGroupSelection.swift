import ArgumentParser
import PerchOperating

/// Which failed events, of all groups or of the one that is named first.
struct FailedGroupSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The group; as --group.", valueName: "group")) var only: String?
    @OptionGroup var conditions: FailedSelection

    /// The conditions, with the group that was named either way.
    var selection: FailedSelection {
        var selection = conditions
        selection.group = only ?? selection.group
        return selection
    }

    func validate() throws {
        guard only == nil || conditions.group == nil else { throw ValidationError("give the group once") }
    }
}
