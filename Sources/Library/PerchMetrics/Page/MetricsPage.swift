/// What `GET /metrics` answers: what was recorded, the process, and how far a service's group and outbox are now.
///
/// It answers within a second, also while Redis or Postgres is away: values that are not known by then are left out.
public struct MetricsPage: Sendable {
    private let registry: PrometheusRegistry
    private let status: StatusSource?
    private let fixed: [PrometheusSample]

    /// - Parameters:
    ///   - registry: What `MetricsSystem` was bootstrapped with.
    ///   - status: Tells how far group and outbox are. Default: nobody.
    ///   - fixed: What else each page has, such as which program this is. Default: nothing.
    public init(registry: PrometheusRegistry, status: StatusSource? = nil, fixed: [PrometheusSample] = []) {
        self.registry = registry
        self.status = status
        self.fixed = fixed
    }

    /// The page, of `PrometheusRegistry.mediaType`.
    public func text() async -> String {
        let status = await status?.samples(within: .milliseconds(800)) ?? []
        return registry.text(with: status.map(PrometheusSample.init) + ProcessSamples.read() + fixed)
    }
}
