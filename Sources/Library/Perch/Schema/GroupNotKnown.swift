import Postgres

/// A database holds leases, checkpoints and failed events of an earlier release, without a group's name, and what its programs have
/// declared does not tell which group they belong to. Nothing was migrated.
public struct GroupNotKnown: Error, Hashable, Sendable, CustomStringConvertible {
    /// The groups that programs have declared there; empty: none has.
    public let declared: [GroupName]
    /// The group that was named, which is none of these.
    public let given: GroupName?

    init(declared: String, given: GroupName?) {
        self.declared = declared.split(separator: ",").map { GroupName(rawValue: String($0)) }
        self.given = given
    }

    /// What was found, and what to do.
    public var description: String {
        let found =
            declared.isEmpty
            ? "and perch.subscriptions names no group"
            : "and perch.subscriptions names \(declared.map(\.rawValue).joined(separator: ", "))"
        let refused = given.map { "; \($0) is none of these" } ?? ""
        let advice =
            declared.isEmpty
            ? "name the consumer group that this database's workers have read as (XINFO GROUPS of a stream lists them)"
            : "name the one of these whose effects this database holds"
        return """
            the leases, checkpoints and failed events here are of one consumer group, \(found)\(refused): \(advice), by the \
            migration's parameter `group`. Nothing was migrated
            """
    }
}

extension SQLState {
    /// Raised by the migration that gives rows their group.
    static let groupNotKnown = SQLState(rawValue: "PF003")
}
