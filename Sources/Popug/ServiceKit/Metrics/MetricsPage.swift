public import HTTPKit
public import Perch
public import PerchOperating

/// What `GET /metrics` answers: what was recorded, the process, and how far the service's group and outbox are now.
///
/// It answers within a second, also while Redis or Postgres is away: values that are not known by then are left out.
public struct MetricsPage: Sendable {
    private let registry: PrometheusRegistry
    private let program: PrometheusSample
    private let status: StatusSource?

    /// - Parameters:
    ///   - service: The service's name.
    ///   - version: The program's.
    ///   - status: Tells how far group and outbox are. Default: nobody.
    public init(registry: PrometheusRegistry, service: String, version: String, status: StatusSource? = nil) {
        self.registry = registry
        self.status = status
        program = PrometheusSample(ServiceMetric.buildInfo, [("service", service), ("version", version)], 1)
    }

    /// The page, of `PrometheusRegistry.mediaType`.
    public func text() async -> String {
        let status = await status?.samples(within: .milliseconds(800)) ?? []
        return registry.text(with: status.map(PrometheusSample.init) + ProcessSamples.read() + [program])
    }
}

/// Asks `SystemStatus` for a service's group and outbox, once for all who ask at the same time.
public actor StatusSource {
    private let status: SystemStatus
    private let group: GroupName?
    private let owner: String
    private var asking: Task<[MetricSample], Never>?

    /// - Parameters:
    ///   - group: The service's group; nil: it consumes nothing.
    ///   - owner: The service, as the contract names it.
    public init(_ status: SystemStatus, group: GroupName?, owner: String) {
        self.status = status
        self.group = group
        self.owner = owner
    }

    /// The gauges of this moment; none where they are not there in time.
    func samples(within limit: Duration) async -> [MetricSample] {
        let task = asking ?? ask()
        return await firstWithin(limit) { await task.value } ?? []
    }

    private func ask() -> Task<[MetricSample], Never> {
        let task = Task { [status, group, owner] in
            var samples: [MetricSample] = []
            // What cannot be asked at all is left out, as is what does not answer.
            if let group { samples += (try? await status.progress(of: group))?.samples ?? [] }
            samples += (try? await status.outbox(ownedBy: owner))?.samples ?? []
            return samples
        }
        asking = task
        Task {
            _ = await task.value
            asking = nil
        }
        return task
    }
}
