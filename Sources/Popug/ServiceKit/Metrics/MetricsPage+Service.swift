import Perch
public import PerchMetrics

extension PrometheusRegistry {
    /// For a service: its metrics are those of Perch, of HTTP and of the process.
    public static func ofService() -> PrometheusRegistry {
        PrometheusRegistry(
            describing: MetricDescription.perch + MetricDescription.service,
            dropped: ServiceMetric.seriesDropped
        )
    }
}

extension MetricsPage {
    /// - Parameters:
    ///   - service: The service's name.
    ///   - version: The program's.
    ///   - status: Tells how far group and outbox are. Default: nobody.
    public init(registry: PrometheusRegistry, service: String, version: String, status: StatusSource? = nil) {
        let program = PrometheusSample(ServiceMetric.buildInfo, [("service", service), ("version", version)], 1)
        self.init(registry: registry, status: status, fixed: [program])
    }
}
