import Metrics

/// What a relay counts. The handles are made once, with the relay.
struct RelayMetrics: Sendable {
    private let positions: Counter
    private let published: [Partition: Counter]

    init(_ partitions: [Partition]) {
        positions = Counter(label: MetricLabel.positionsGiven)
        published = Dictionary(
            uniqueKeysWithValues: partitions.map { partition in
                let dimensions = [
                    ("topic", partition.topic.rawValue), ("partition", partition.number.description),
                ]
                return (partition, Counter(label: MetricLabel.published, dimensions: dimensions))
            }
        )
    }

    func assigned(_ count: Int) { if count > 0 { positions.increment(by: count) } }

    func appended(_ count: Int, to partition: Partition) { published[partition]?.increment(by: count) }

    /// Rare, so that its handle may be looked up.
    static func isActive(_ isActive: Bool, owner: String?) {
        Gauge(label: MetricLabel.relayActive, dimensions: [("owner", owner ?? "")]).record(isActive ? 1 : 0)
    }

    /// Rare too.
    static func countRefused(_ topic: TopicName) {
        Counter(label: MetricLabel.refused, dimensions: [("topic", topic.rawValue)]).increment()
    }

    static func count(_ notice: RelayNotice) {
        Counter(label: MetricLabel.relayNotices, dimensions: [("kind", notice.kind)]).increment()
    }
}
