import Perch
import PerchOperating

/// Where the record of one kind of change to a group ends. Two who confirm the same at once have seen the same end, and the second finds
/// another: somebody has done it meanwhile.
enum ChangeMark {
    /// The id of the newest record, or `none`.
    static func of(_ action: String, _ group: GroupName, in system: OperatedSystem) async throws -> String {
        var filter = AuditTrail.Filter()
        (filter.action, filter.group) = (action, group)
        let page = try await AuditTrail(system).records(filter: filter, limit: 1)
        return page.records.first?.id.description ?? "none"
    }
}
