import Metrics
import Postgres

/// What a worker counts. The handles are made once, when the pool is: a backend looks them up by label each time.
///
/// An event costs nothing here; a round costs a few counters and two clocks, and each of its topics and partitions some.
package struct ConsumerMetrics: Sendable {
    private struct OfTopic {
        let ok: Counter
        let skipped: Counter
        let dead: Counter
        let failed: Counter
        let held: Counter
        let age: Timer
    }

    private let topics: [TopicName: OfTopic]
    private let committed: Counter
    private let refused: Counter
    private let lost: Counter
    private let duration: Timer

    package init(_ group: ConsumerGroup) {
        let name = group.name.rawValue
        func processed(_ topic: TopicName, _ outcome: String) -> Counter {
            Counter(
                label: MetricLabel.processed,
                dimensions: [("group", name), ("topic", topic.rawValue), ("outcome", outcome)]
            )
        }
        func transactions(_ outcome: String) -> Counter {
            Counter(label: MetricLabel.transactions, dimensions: [("group", name), ("outcome", outcome)])
        }
        topics = Dictionary(
            uniqueKeysWithValues: group.subscriptions.map { subscription in
                let topic = subscription.topic
                let handles = OfTopic(
                    ok: processed(topic, "ok"),
                    skipped: processed(topic, "skipped"),
                    dead: processed(topic, "dead"),
                    failed: processed(topic, "failed"),
                    held: processed(topic, "held"),
                    age: Timer(
                        label: MetricLabel.eventAge,
                        dimensions: [("group", name), ("topic", topic.rawValue)],
                        preferredDisplayUnit: .seconds
                    )
                )
                return (topic, handles)
            }
        )
        committed = transactions("committed")
        refused = transactions("refused")
        lost = transactions("lost")
        duration = Timer(
            label: MetricLabel.transactionDuration,
            dimensions: [("group", name)],
            preferredDisplayUnit: .seconds
        )
    }

    /// - Parameter firsts: Topic and time of the first event of each partition.
    func roundCommitted(_ tally: RoundTally, firsts: [(TopicName, Timestamp)], took time: Duration) {
        committed.increment()
        duration.recordNanoseconds(time.nanoseconds)
        for counts in tally.topics {
            guard let handles = topics[counts.topic] else { continue }
            if counts.ok > 0 { handles.ok.increment(by: counts.ok) }
            if counts.skipped > 0 { handles.skipped.increment(by: counts.skipped) }
            if counts.dead > 0 { handles.dead.increment(by: counts.dead) }
            if counts.failed > 0 { handles.failed.increment(by: counts.failed) }
            if counts.held > 0 { handles.held.increment(by: counts.held) }
        }
        let now = Timestamp.now
        for (topic, time) in firsts {
            // The publisher's clock may be ahead of ours, and its time may be any of ten thousand years.
            let age = min(max(0, now.milliseconds - time.milliseconds), .max / 1_000_000)
            topics[topic]?.age.recordNanoseconds(age * 1_000_000)
        }
    }

    func roundRefused() { refused.increment() }

    func roundLost() { lost.increment() }

    /// Rare, so that its handle may be looked up.
    static func count(_ notice: WorkerNotice, group: GroupName) {
        Counter(
            label: MetricLabel.workerNotices,
            dimensions: [("group", group.rawValue), ("kind", notice.kind)]
        ).increment()
    }
}

extension Duration {
    /// Whole nanoseconds, for timers; the largest number where there are more.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
