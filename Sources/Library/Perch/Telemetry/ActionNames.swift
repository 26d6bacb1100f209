extension WorkerNotice {
    var kind: String {
        switch self {
        case .acquired: "acquired"
        case .released: "released"
        case .fenced: "fenced"
        case .entryMissing: "entry_missing"
        case .streamEndsBefore: "stream_ends_before"
        case .entryEarly: "entry_early"
        case .entryFound: "entry_found"
        case .parked(_, let event):
            switch event.state {
            case .failed: event.waits > 0 ? "event_waiting" : "event_failed"
            case .held: "event_held"
            case .dead: "dead_letter"
            }
        case .recovered: "recovered"
        case .braked: "braked"
        case .brakeReleased: "brake_released"
        case .countsRounds: "counts_rounds"
        case .stepsThrough: "steps_through"
        case .limited: "limited"
        case .conflict: "conflict"
        case .troubled: "troubled"
        case .untroubled: "untroubled"
        case .leftToOthers: "left_to_others"
        case .reconnecting: "reconnecting"
        }
    }
}

extension WorkerAction {
    /// The action without its data, for logs.
    var name: String {
        switch self {
        case .leases(let action): action.name
        case .failures(let action): action.name
        case .limits(.ask): "ask_limits"
        case .streams(let action): action.name
        case .transaction(let action): action.name
        case .disconnect: "disconnect"
        case .wait: "wait"
        case .stop: "stop"
        }
    }
}

extension WorkerAction.Leases {
    fileprivate var name: String {
        switch self {
        case .acquire: "acquire"
        case .release: "release"
        }
    }
}

extension WorkerAction.Failures {
    fileprivate var name: String {
        switch self {
        case .survey: "survey"
        case .count: "count"
        case .countRetry: "count_retry"
        }
    }
}

extension WorkerAction.Streams {
    fileprivate var name: String {
        switch self {
        case .rewind: "rewind"
        case .read: "read"
        case .peek: "peek"
        case .sweep: "sweep"
        case .acknowledge: "acknowledge"
        }
    }
}

extension WorkerAction.Transaction {
    fileprivate var name: String {
        switch self {
        case .begin: "begin"
        case .occupy: "occupy"
        case .handle: "handle"
        case .attempt: "attempt"
        case .park: "park"
        case .fence: "fence"
        case .fetch: "fetch"
        case .retry: "retry"
        case .retryAll: "retry_all"
        case .settle: "settle"
        case .confirm: "confirm"
        case .commit: "commit"
        case .submit: "submit"
        case .awaitOutcome: "await_outcome"
        case .rollback: "rollback"
        }
    }
}

extension RelayNotice {
    var kind: String {
        switch self {
        case .tailLost: "tail_lost"
        case .hole: "hole"
        case .adopted: "adopted"
        case .setAside: "set_aside"
        case .rebuilt: "rebuilt"
        case .cannotRebuild: "cannot_rebuild"
        case .refused: "refused"
        case .troubled: "troubled"
        case .dueTroubled: "due_troubled"
        case .untroubled: "untroubled"
        case .resigned: "resigned"
        case .reconnecting: "reconnecting"
        }
    }
}

extension RelayAction {
    /// The action without its data, for logs.
    var name: String {
        switch self {
        case .outbox(let action): action.name
        case .log(let action): action.name
        case .stream(let action): action.name
        case .trim: "trim"
        case .resign: "resign"
        case .disconnect: "disconnect"
        case .wait: "wait"
        case .stop: "stop"
        }
    }
}

extension RelayAction.Outbox {
    fileprivate var name: String {
        switch self {
        case .assign: "assign"
        case .collect: "collect"
        }
    }
}

extension RelayAction.Log {
    fileprivate var name: String {
        switch self {
        case .consult: "consult"
        case .load: "load"
        case .adopt: "adopt"
        case .setAside: "set_aside"
        }
    }
}

extension RelayAction.Stream {
    fileprivate var name: String {
        switch self {
        case .inspect: "inspect"
        case .readTail: "read_tail"
        case .append: "append"
        case .rebuild: "rebuild"
        }
    }
}
