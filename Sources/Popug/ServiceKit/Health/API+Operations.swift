public import HTTPKit
public import PerchMetrics

extension API {
    /// The calls that operate a service: `GET /health/live`, `GET /health/ready` and `GET /metrics`. For anyone: who may
    /// reach them is up to the network.
    public static func operations(health: Health, metrics: MetricsPage) -> [APICall] {
        let state = Schema.object("Health", [.required("status", .string())])
        return [
            APICall(
                .get,
                "/health/live",
                "Does the process run? Asks nothing else.",
                access: .anyone,
                answer: .json(state, "It runs.")
            ) { _ in try .json(["status": "live"]) },
            APICall(
                .get,
                "/health/ready",
                "Is the process ready for work, and getting on with it?",
                access: .anyone,
                answer: .json(state, "It is ready."),
                problems: [.notReady]
            ) { _ in
                let failures = await health.failures()
                guard failures.isEmpty else { throw Problem.notReady(failures) }
                return try .json(["status": "ready"])
            },
            APICall(
                .get,
                "/metrics",
                "What Prometheus scrapes.",
                access: .anyone,
                answer: .text(PrometheusRegistry.mediaType, "Metrics in the text format 0.0.4.")
            ) { _ in .text(await metrics.text(), mediaType: PrometheusRegistry.mediaType) },
        ]
    }
}

extension Problem.Kind {
    /// The process is not ready: `errors` names the checks that fail.
    public static let notReady = Self("not-ready", .serviceUnavailable, "Not ready")
}

extension Problem {
    static func notReady(_ failures: [Health.Failure]) -> Problem {
        Problem(
            .notReady,
            failures.map { "\($0.check): \($0.reason)" }.joined(separator: "; "),
            errors: failures.map { InvalidValue(name: $0.check, message: $0.reason) },
            retryAfter: 1
        )
    }
}
