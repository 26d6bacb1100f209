public import Perch

extension GroupStatus {
    /// Its gauges; what is not known is left out.
    public var samples: [MetricSample] {
        let group = MetricSample.Dimension("group", group.rawValue)
        var samples: [MetricSample] = []
        var failures: [TopicName: Failures] = [:]
        for status in partitions {
            let place = [
                group, .init("topic", status.partition.topic.rawValue),
                .init("partition", status.partition.number.description),
            ]
            if let lag = status.lag { samples.append(MetricSample(MetricLabel.lag, place, Double(lag))) }
            if let age = status.oldestUnprocessedAge {
                samples.append(MetricSample(MetricLabel.oldestUnprocessed, place, age.seconds))
            }
            guard let failed = status.failed else { continue }
            failures[status.partition.topic, default: .init()].add(failed)
        }
        for (topic, counts) in failures.sorted(by: { $0.key < $1.key }) {
            for (state, count) in [("failed", counts.failed), ("held", counts.held), ("dead", counts.dead)] {
                samples.append(
                    MetricSample(
                        MetricLabel.failed,
                        [group, .init("topic", topic.rawValue), .init("state", state)],
                        Double(count)
                    )
                )
            }
        }
        return samples
    }
}

extension GroupStatus.Failures {
    fileprivate mutating func add(_ other: Self) {
        failed += other.failed
        held += other.held
        dead += other.dead
    }
}

extension OutboxStatus {
    /// Its gauges; none where Postgres did not tell.
    public var samples: [MetricSample] {
        (topics ?? []).flatMap { status in
            let topic = [MetricSample.Dimension("topic", status.topic.rawValue)]
            return [
                MetricSample(MetricLabel.outboxWaiting, topic, Double(status.waiting)),
                MetricSample(MetricLabel.outboxOldest, topic, status.oldestAge.seconds),
                MetricSample(MetricLabel.delayed, topic, Double(status.delayed)),
                MetricSample(MetricLabel.delayedOverdue, topic, status.overdue.seconds),
            ]
        }
    }
}
