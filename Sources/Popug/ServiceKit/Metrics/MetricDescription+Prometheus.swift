public import HTTPKit
public import Perch

extension MetricDescription {
    /// What the metric is called in `/metrics`.
    public var prometheusName: String { family.name }

    /// What its labels are called in `/metrics`.
    public var prometheusLabels: [String] {
        dimensions.map { PrometheusName.labels([($0, "")]) }.map { String($0.prefix { $0 != "=" }) }
    }

    fileprivate var family: PrometheusFamily {
        let kind: PrometheusFamily.Kind =
            switch kind {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        return PrometheusFamily(label, kind, help: meaning)
    }
}

extension PrometheusRegistry {
    /// For a service: its metrics are those of Perch, of HTTP and of the process.
    public convenience init() {
        self.init(
            families: (MetricDescription.perch + MetricDescription.service).map(\.family),
            dropped: ServiceMetric.seriesDropped
        )
    }
}

extension PrometheusSample {
    init(_ sample: MetricSample) {
        self.init(sample.label, sample.dimensions.map { ($0.name, $0.value) }, sample.value)
    }
}
