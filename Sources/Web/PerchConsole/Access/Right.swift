/// What a role may. It is asked for where something is done, whatever the page shows.
package enum Right: String, Sendable, CaseIterable {
    case look
    /// Fields that the contract calls private.
    case seeData = "see_data"
    case retryFailed = "retry_failed"
    case editFailed = "edit_failed"
    case pauseGroups = "pause_groups"
    case replay
    case restartAtCheckpoint = "restart_at_checkpoint"
    case discardFailed = "discard_failed"
    case publishEvents = "publish_events"
    case changePartitions = "change_partitions"
    case runSchedules = "run_schedules"

    /// The least role that has it.
    package var least: Role {
        switch self {
        case .look: .viewer
        case .seeData, .retryFailed, .editFailed, .pauseGroups, .replay, .restartAtCheckpoint: .operator
        case .discardFailed, .publishEvents, .changePartitions, .runSchedules: .admin
        }
    }

    /// What stands where a button would: `Discarding needs the role admin.`
    package var missing: String { "\(doing) needs the role \(least.rawValue)." }

    private var doing: String {
        switch self {
        case .look: "Looking"
        case .seeData: "Seeing private data"
        case .retryFailed: "Retrying"
        case .editFailed: "Correcting an event"
        case .pauseGroups: "Pausing"
        case .replay: "Replaying"
        case .restartAtCheckpoint: "Restarting at the checkpoints"
        case .discardFailed: "Discarding"
        case .publishEvents: "Publishing"
        case .changePartitions: "Changing partitions"
        case .runSchedules: "Running a schedule"
        }
    }
}
