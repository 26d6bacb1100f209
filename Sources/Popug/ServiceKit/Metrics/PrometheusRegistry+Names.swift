public import Perch

extension MetricDescription {
    /// What the metric is called in `/metrics`.
    public var prometheusName: String { PrometheusName.family(label, kind) }

    /// What its labels are called in `/metrics`.
    public var prometheusLabels: [String] {
        dimensions.map { PrometheusName.labels([($0, "")]) }.map { String($0.prefix { $0 != "=" }) }
    }
}
