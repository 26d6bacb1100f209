import ArgumentParser
import PerchDocuments
import PerchOperating

/// Where a count ended, as a dry run says it: `accounting/17-1764550804000000`, or without the group where that is clear. Who types
/// it may give an id alone.
struct FailedMark: ExpressibleByArgument {
    /// The last that was counted.
    let id: FailedID
    let mark: FailedEvents.Mark

    init?(argument: String) {
        let name = argument.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let mark = FailedEvents.Mark(String(name)),
            let id = FailedID(String(argument.dropLast(name.count)) + "\(mark.id)")
        else { return nil }
        (self.id, self.mark) = (id, mark)
    }
}
