import PageKit
import PerchOperating

/// What can be done with many failed events.
enum FailedAction: String, Sendable {
    case retry, discard

    var right: Right { self == .retry ? .retryFailed : .discardFailed }
    var verb: String { self == .retry ? "Retry" : "Discard" }
    var done: String { self == .retry ? "retried" : "discarded" }
    var target: LinkTarget { self == .retry ? "/failed/retry" : "/failed/discard" }

    /// Held events are not retried: they follow the first of their key.
    var states: Set<FailedEvent.State> { self == .retry ? [.failed, .dead] : Set(FailedEvent.State.allCases) }
}
