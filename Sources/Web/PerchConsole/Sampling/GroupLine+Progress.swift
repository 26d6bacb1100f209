import Perch
import PerchDocuments
import PerchOperating

extension GroupLine {
    static func lines(of reports: [GroupReport]) -> [GroupLine] { reports.flatMap { lines(of: $0) } }

    /// The sum of the positions of its checkpoints; nil where the group's database did not tell.
    var effects: Double? {
        liveWorkers == nil ? nil : partitions.reduce(0) { $0 + Double($1.checkpoint?.position ?? 0) }
    }

    /// How long the first event that has not taken effect has waited; nil where one partition is not known.
    var oldestSeconds: Double? {
        guard let lag else { return nil }
        return lag == 0 ? 0 : oldest.map { $0 / .seconds(1) }
    }
}
