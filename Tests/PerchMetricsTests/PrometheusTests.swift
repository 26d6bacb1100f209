import Metrics
import PerchMetrics
import Testing

@Suite struct PrometheusTests {
    private func registry(mostSeries: Int = 1000) -> PrometheusRegistry {
        PrometheusRegistry(
            families: [
                PrometheusFamily("jobs", .counter, help: "Jobs \\ done,\nby kind."),
                PrometheusFamily("queue.length", .gauge, help: "Jobs that wait."),
                PrometheusFamily("job.duration", .histogram, help: "How long."),
            ],
            mostSeries: mostSeries
        )
    }

    @Test func familiesAreWrittenWithHelpTypeAndSuffixes() {
        let registry = registry()
        Counter(label: "jobs", dimensions: [("kind", "a"), ("is.late", "no")], factory: registry).increment(by: 3)
        Counter(label: "jobs", dimensions: [("kind", "b"), ("is.late", "no")], factory: registry).increment()
        FloatingPointCounter(label: "spent", factory: registry).increment(by: 0.25)
        let meter = Meter(label: "queue.length", factory: registry)
        meter.set(7)
        meter.decrement()
        #expect(
            registry.text() == """
                # HELP jobs_total Jobs \\\\ done,\\nby kind.
                # TYPE jobs_total counter
                jobs_total{kind="a",is_late="no"} 3
                jobs_total{kind="b",is_late="no"} 1
                # HELP queue_length Jobs that wait.
                # TYPE queue_length gauge
                queue_length 6
                # HELP spent_total Not described by this program.
                # TYPE spent_total counter
                spent_total 0.25

                """
        )
    }

    @Test func timersAreHistogramsInSecondsWhoseBucketsAddUp() {
        let registry = registry()
        let timer = Timer(label: "job.duration", dimensions: [("kind", "a")], factory: registry)
        for milliseconds in [0, 1, 2, 30, 700, 20_000] { timer.recordMilliseconds(milliseconds) }
        timer.recordNanoseconds(-5)
        let lines = registry.text().split(separator: "\n").map(String.init)
        #expect(lines[1] == "# TYPE job_duration_seconds histogram")
        let buckets = lines.dropFirst(2).prefix(14).map { $0.split(separator: " ") }
        #expect(
            buckets.map { String($0[1]) } == ["3", "4", "4", "4", "4", "5", "5", "5", "5", "6", "6", "6", "6", "7"]
        )
        #expect(buckets.first?[0] == #"job_duration_seconds_bucket{kind="a",le="0.001"}"#)
        #expect(buckets.last?[0] == #"job_duration_seconds_bucket{kind="a",le="+Inf"}"#)
        #expect(lines[16].hasPrefix(#"job_duration_seconds_sum{kind="a"} 20.733"#))
        #expect(lines[17] == #"job_duration_seconds_count{kind="a"} 7"#)
    }

    @Test func noValueOfALabelEndsItsLine() {
        let registry = registry()
        let hostile = "a\"} 1\nfake_total{x=\"\\"
        Counter(label: "jobs", dimensions: [("kind", hostile), ("kind", "twice"), ("7x", "y")], factory: registry)
            .increment()
        let lines = registry.text().split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last == #"jobs_total{kind="a\"} 1\nfake_total{x=\"\\",_7x="y"} 1"#)
    }

    @Test func aFamilyOfTooManySeriesIsCutOffAndSaysSo() {
        let registry = registry(mostSeries: 2)
        for number in 0..<5 {
            Counter(label: "jobs", dimensions: [("kind", "\(number)")], factory: registry).increment()
        }
        let known = Counter(label: "jobs", dimensions: [("kind", "1")], factory: registry)
        known.increment(by: 10)
        let text = registry.text()
        #expect(text.contains("jobs_total{kind=\"1\"} 11\n") && !text.contains("kind=\"2\""))
        #expect(text.contains("metric_series_dropped_total{family=\"jobs_total\"} 3\n"))
    }

    @Test func anotherKindUnderAKnownNameIsDroppedNotMixed() {
        let registry = registry()
        Counter(label: "queue.length_seconds_total", factory: registry).increment()
        Meter(label: "jobs_seconds", factory: registry).set(1)
        Timer(label: "jobs", factory: registry).recordSeconds(1)
        let text = registry.text()
        #expect(text.contains("jobs_seconds 1\n") && !text.contains("jobs_seconds_bucket"))
        #expect(text.contains("metric_series_dropped_total{family=\"jobs_seconds\"} 1\n"))
    }

    @Test func whatThreadsCountAtTheSameTimeIsAllThere() async {
        let registry = registry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "jobs", factory: registry)
                    let timer = Timer(label: "job.duration", factory: registry)
                    for _ in 0..<10_000 {
                        counter.increment()
                        timer.recordNanoseconds(1_000_000)
                    }
                }
            }
        }
        let text = registry.text()
        #expect(text.contains("jobs_total 80000\n") && text.contains("job_duration_seconds_count 80000\n"))
        #expect(text.contains("job_duration_seconds_sum 80.0") || text.contains("job_duration_seconds_sum 79.99"))
    }
}
