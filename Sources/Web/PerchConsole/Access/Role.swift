/// What somebody is to the system. Each role may all that the ones before it may.
package enum Role: String, Sendable, CaseIterable, Comparable {
    case viewer, `operator`, admin

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}
