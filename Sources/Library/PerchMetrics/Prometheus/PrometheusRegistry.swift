public import Metrics
import Synchronization

/// A backend of swift-metrics that Prometheus can scrape: bootstrap `MetricsSystem` with it, and answer scrapes with `text`.
///
/// Counters, meters and recorders (gauges, of which the last value is kept) and timers (histograms in seconds). The same
/// label and dimensions give the same series, which stays until the process ends. A family of more series than allowed
/// drops those beyond, and says so in a counter of its own: a dimension that anybody can fill with new values
/// must not fill the memory.
public final class PrometheusRegistry: MetricsFactory {
    /// The media type of `text`.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private struct Family {
        let kind: PrometheusFamily.Kind
        var series: [String: any MetricSeries] = [:]
        /// Labels in the order in which they came.
        var order: [String] = []
        var dropped: Int64 = 0
    }

    private let families = Mutex<[String: Family]>([:])
    private let help: [String: String]
    private let dropped: String
    private let mostSeries: Int

    /// - Parameters:
    ///   - families: What HELP says. A family that is not among them gets a HELP that says so.
    ///   - dropped: The name of the counter of series that are not shown, by family.
    ///   - mostSeries: In one family. Default 1000.
    public init(
        families: [PrometheusFamily],
        dropped: String = "metric_series_dropped_total",
        mostSeries: Int = 1000
    ) {
        self.mostSeries = mostSeries
        self.dropped = dropped
        help = Dictionary(families.map { ($0.name, $0.help) }, uniquingKeysWith: { first, _ in first })
    }

    /// All series, in the [text format](https://prometheus.io/docs/instrumenting/exposition_formats/) 0.0.4.
    ///
    /// - Parameter samples: Values that are made for this scrape, beside those that were recorded.
    public func text(with samples: [PrometheusSample] = []) -> String {
        var families = families.withLock { $0 }
        Self.add(samples, to: &families)
        addDropped(to: &families)
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.order.isEmpty {
            let help = help[name] ?? "Not described by this program."
            text += "# HELP \(name) \(PrometheusName.escaped(help, quotes: false))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for labels in family.order { family.series[labels]?.write(name, labels, to: &text) }
        }
        return text
    }

    private static func add(_ samples: [PrometheusSample], to families: inout [String: Family]) {
        for sample in samples {
            let kind: PrometheusFamily.Kind = sample.label.hasSuffix("_total") ? .counter : .gauge
            let labels = PrometheusName.labels(sample.dimensions)
            let name = PrometheusName.family(sample.label, kind)
            let gauge = Gauge()
            gauge.set(sample.value)
            var family = families[name] ?? Family(kind: kind)
            if family.series.updateValue(gauge, forKey: labels) == nil { family.order.append(labels) }
            families[name] = family
        }
    }

    private func addDropped(to families: inout [String: Family]) {
        let samples = families.filter { $0.value.dropped > 0 }.map { name, family in
            PrometheusSample(dropped, [("family", name)], Double(family.dropped))
        }
        Self.add(samples, to: &families)
    }

    /// The series of these labels, made if need be; one that is not shown where the family is full, or of another kind.
    private func series<Series: MetricSeries>(
        _ label: String,
        _ kind: PrometheusFamily.Kind,
        _ dimensions: [(String, String)],
        _ make: () -> Series
    ) -> Series {
        let name = PrometheusName.family(label, kind)
        let labels = PrometheusName.labels(dimensions)
        return families.withLock { families in
            var family = families.removeValue(forKey: name) ?? Family(kind: kind)
            defer { families[name] = family }
            if let known = family.series[labels] as? Series { return known }
            let made = make()
            guard family.kind == kind, family.series[labels] == nil, family.order.count < mostSeries else {
                family.dropped += 1
                return made
            }
            family.series[labels] = made
            family.order.append(labels)
            return made
        }
    }

    // MARK: MetricsFactory

    /// A counter of whole numbers.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, .counter, dimensions) { WholeCounter() }
    }

    /// A counter of floating-point numbers.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, .counter, dimensions) { FractionCounter() }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, .gauge, dimensions) { Gauge() }
    }

    /// A gauge of the last value, also where an aggregate is asked for.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        series(label, .gauge, dimensions) { Gauge() }
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, .histogram, dimensions) { DurationHistogram() }
    }

    /// Does nothing: what was counted stays counted.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Does nothing.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing.
    public func destroyTimer(_ handler: any TimerHandler) {}
}
