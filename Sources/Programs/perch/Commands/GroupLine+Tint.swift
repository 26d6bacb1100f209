import PerchDocuments

extension GroupLine.State {
    var tint: Tint {
        switch self {
        case .running: .good
        case .paused, .pausedInPart, .neverRan, .noOwner, .atItsLimit: .warning
        case .nobodyRunsIt, .unknown: .bad
        }
    }
}
