import Metrics

/// What workers count. Names and labels are part of the interface: dashboards and alerts read them.
enum ConsumerMetrics {
    static func processed(_ count: Int, _ partition: Partition, group: GroupName) {
        Counter(
            label: "perch_events_processed_total",
            dimensions: [("group", group.rawValue), ("topic", partition.topic.rawValue), ("outcome", "ok")]
        ).increment(by: count)
    }

    static func skipped(_ count: Int, group: GroupName) {
        guard count > 0 else { return }
        Counter(
            label: "perch_events_processed_total",
            dimensions: [("group", group.rawValue), ("outcome", "skipped_unknown_type")]
        ).increment(by: count)
    }

    static func dead(_ event: Delivery, group: GroupName) {
        Counter(
            label: "perch_events_processed_total",
            dimensions: [("group", group.rawValue), ("topic", event.topic.rawValue), ("outcome", "dead")]
        ).increment()
    }

    static func count(_ notice: WorkerNotice, group: GroupName) {
        Counter(
            label: "perch_worker_notices_total",
            dimensions: [("group", group.rawValue), ("kind", notice.kind)]
        ).increment()
    }
}

extension WorkerNotice {
    var kind: String {
        switch self {
        case .acquired: "acquired"
        case .released: "released"
        case .fenced: "fenced"
        case .entryMissing: "entry_missing"
        case .entryFound: "entry_found"
        case .handlerFailing: "handler_failing"
        case .conflict: "conflict"
        case .reconnecting: "reconnecting"
        }
    }
}

extension WorkerAction {
    /// The action without its data, for logs.
    var name: String {
        switch self {
        case .acquire: "acquire"
        case .release: "release"
        case .rewind: "rewind"
        case .read: "read"
        case .peek: "peek"
        case .acknowledge: "acknowledge"
        case .begin: "begin"
        case .handle: "handle"
        case .fence: "fence"
        case .commit: "commit"
        case .rollback: "rollback"
        case .disconnect: "disconnect"
        case .wait: "wait"
        case .stop: "stop"
        }
    }
}
