import Metrics

/// What a scheduler counts. The handles are made once, with the scheduler.
struct ScheduleMetrics {
    private struct Handles {
        let done, failed, passed: Counter
        let lateness: Timer
    }

    private let handles: [String: Handles]

    init(_ schedules: [String]) {
        handles = Dictionary(
            schedules.map { name in
                func counter(_ outcome: String) -> Counter {
                    Counter(label: MetricLabel.scheduleTicks, dimensions: [("schedule", name), ("outcome", outcome)])
                }
                let lateness = Timer(
                    label: MetricLabel.scheduleLateness,
                    dimensions: [("schedule", name)],
                    preferredDisplayUnit: .seconds
                )
                return (
                    name,
                    Handles(
                        done: counter("done"),
                        failed: counter("failed"),
                        passed: counter("missed"),
                        lateness: lateness
                    )
                )
            }
        ) { $1 }
    }

    func done(_ tick: Tick, after late: Duration) {
        handles[tick.schedule]?.done.increment()
        handles[tick.schedule]?.lateness.recordNanoseconds(late.nanoseconds)
    }

    func failed(_ schedule: String) { handles[schedule]?.failed.increment() }

    func passed(_ schedule: String) { handles[schedule]?.passed.increment() }
}
