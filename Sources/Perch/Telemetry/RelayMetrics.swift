import Metrics

/// What the relay counts. Names and labels are part of the interface: dashboards and alerts read them.
enum RelayMetrics {
    static func assigned(_ count: Int) {
        guard count > 0 else { return }
        Counter(label: "perch_relay_positions_given_total").increment(by: count)
    }

    static func appended(_ count: Int, to partition: Partition) {
        Counter(
            label: "perch_events_published_total",
            dimensions: [("topic", partition.topic.rawValue), ("partition", partition.number.description)]
        ).increment(by: count)
    }

    static func count(_ notice: RelayNotice) {
        Counter(label: "perch_relay_notices_total", dimensions: [("kind", notice.kind)]).increment()
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
        case .reconnecting: "reconnecting"
        }
    }
}

extension RelayAction {
    /// The action without its data, for logs.
    var name: String {
        switch self {
        case .assign: "assign"
        case .consult: "consult"
        case .load: "load"
        case .adopt: "adopt"
        case .setAside: "set_aside"
        case .inspect: "inspect"
        case .readTail: "read_tail"
        case .append: "append"
        case .rebuild: "rebuild"
        case .trim: "trim"
        case .disconnect: "disconnect"
        case .wait: "wait"
        case .stop: "stop"
        }
    }
}
