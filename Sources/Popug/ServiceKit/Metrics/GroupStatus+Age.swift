public import Perch
public import PerchOperating

extension GroupStatus {
    /// How long the oldest event has waited that the group has not handled; zero where there is none. Nil where a server did not tell, and
    /// where a partition with events is not known to be read.
    var oldestUnprocessedAge: Duration? {
        guard problems.isEmpty else { return nil }
        var oldest = Duration.zero
        // A partition that has never had an entry has none that waits.
        for status in partitions where status.lastEntry != nil {
            guard let age = status.oldestUnprocessedAge else { return nil }
            oldest = max(oldest, age)
        }
        return oldest
    }
}

extension SystemStatus {
    /// How long the oldest event has waited in its stream that a group has not handled; zero where there is none, nil where that is not
    /// known. What still waits to get into its stream is not in it.
    public func oldestUnprocessedAge(of group: GroupName) async -> Duration? {
        (try? await progress(of: group))?.oldestUnprocessedAge
    }
}
