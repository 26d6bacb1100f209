import CoreMetrics

/// A metrics backend that only hears of events that were handled or appended: how the bench learns of a COMMIT without a
/// look into the database.
struct ProgressMetrics: MetricsFactory {
    let label: String
    let progress: Progress

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        label == self.label && !dimensions.contains { $0 == ("outcome", "skipped") }
            ? ProgressCounter(progress: progress) : NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

private final class ProgressCounter: CounterHandler {
    private let progress: Progress

    init(progress: Progress) { self.progress = progress }

    func increment(by amount: Int64) { progress.add(Int(amount)) }
    func reset() {}
}
