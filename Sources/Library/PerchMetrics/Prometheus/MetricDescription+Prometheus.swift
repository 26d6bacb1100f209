public import Perch

extension MetricDescription {
    /// What the metric is called in `/metrics`.
    public var prometheusName: String { family.name }

    /// What its labels are called in `/metrics`.
    public var prometheusLabels: [String] {
        dimensions.map { PrometheusName.labels([($0, "")]) }.map { String($0.prefix { $0 != "=" }) }
    }

    /// HELP and TYPE of it.
    public var family: PrometheusFamily {
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
    /// With the words of these metrics for HELP.
    ///
    /// - Parameters:
    ///   - metrics: Default: those of Perch and of the process. Add what your own program records.
    ///   - dropped: The name of the counter of series that are not shown, by family.
    public convenience init(
        describing metrics: [MetricDescription] = MetricDescription.perch + MetricDescription.process,
        dropped: String = "metric_series_dropped_total"
    ) {
        let series = PrometheusFamily(
            dropped,
            .counter,
            help: "Series that are not shown, since their family has too many or is of another kind."
        )
        self.init(families: metrics.map(\.family) + [series], dropped: dropped)
    }
}

extension PrometheusSample {
    init(_ sample: MetricSample) {
        self.init(sample.label, sample.dimensions.map { ($0.name, $0.value) }, sample.value)
    }
}
