import Logging
import PerchProtocol

/// Which partitions are in trouble, and what is logged of it: that it began, that it is over, and between these, for all of them
/// together, one line in a while. They are looked at each second or so.
struct TroubleLog {
    enum Line: Equatable {
        case began
        /// In their order, and how long the first of them has been in trouble.
        case goesOn([Partition], for: Duration)
    }

    /// The least time between two lines that say that it goes on.
    static let summaryEvery = Duration.seconds(60)
    private var since: [Partition: Duration] = [:]
    private var summaryAt = Duration.zero

    /// No partition is in trouble.
    var isEmpty: Bool { since.isEmpty }

    /// It is in trouble, again or still.
    ///
    /// - Returns: What is to be logged; nil: nothing now.
    mutating func note(_ partition: Partition, _ now: Duration) -> Line? {
        if since[partition] == nil {
            if since.isEmpty { summaryAt = now + Self.summaryEvery }
            since[partition] = now
            return .began
        }
        guard summaryAt <= now, let first = since.values.min() else { return nil }
        summaryAt = now + Self.summaryEvery
        return .goesOn(since.keys.sorted(), for: now - first)
    }

    /// It is not, or is somebody else's.
    ///
    /// - Returns: How long it was; nil: it was not.
    mutating func end(_ partition: Partition, _ now: Duration) -> Duration? {
        since.removeValue(forKey: partition).map { now - $0 }
    }

    mutating func endAll() { since = [:] }
}

extension Logger {
    /// - Parameter metadata: Of all such lines: the group, where there is one.
    func log(
        _ line: TroubleLog.Line?,
        of partition: Partition,
        retryIn: Duration,
        cause: String,
        _ metadata: Logger.Metadata = [:]
    ) {
        switch line {
        case .began?:
            let values = Logger.Metadata([.partition: "\(partition)", .retryIn: "\(retryIn)", .error: "\(cause)"])
            error("a partition is in trouble; the others go on", metadata: metadata.merging(values) { $1 })
        case .goesOn(let partitions, let time)?:
            let values = Logger.Metadata([
                .partitions: .names(partitions.map(\.description)), .count: .number(partitions.count),
                .lasted: "\(time)",
                .error: "\(cause)",
            ])
            warning("partitions are still in trouble", metadata: metadata.merging(values) { $1 })
        case nil: break
        }
    }

    func logEnd(of partition: Partition, after time: Duration?, _ metadata: Logger.Metadata = [:]) {
        guard let time else { return }
        let values = Logger.Metadata([.partition: "\(partition)", .lasted: "\(time)"])
        notice("a partition is out of trouble", metadata: metadata.merging(values) { $1 })
    }
}
