public import Perch
import PerchMetrics

/// The labels of what a service's process tells beside Perch's metrics. Those of HTTP are Hummingbird's.
enum ServiceMetric {
    static let requestDuration = "http.server.request.duration"
    static let activeRequests = "http.server.active_requests"
    static let requests = "hb.requests"
    static let requestErrors = "hb.request.errors"
    static let seriesDropped = "popug_metric_series_dropped_total"
    static let buildInfo = "popug_build_info"
}

extension MetricDescription {
    /// What a service's process tells beside Perch's metrics: HTTP, the process, the program.
    public static let service: [MetricDescription] = http + program + process

    private static let http = [
        MetricDescription(
            ServiceMetric.requestDuration,
            .histogram,
            unit: "seconds",
            dimensions: ["http.route", "http.request.method", "http.response.status_code"],
            meaning: "How long HTTP requests took, from their head to the end of their answer.",
            fires: "when the answer is written"
        ),
        MetricDescription(
            ServiceMetric.activeRequests,
            .gauge,
            unit: "requests",
            dimensions: ["http.request.method"],
            meaning: "HTTP requests that are being answered.",
            fires: "at the begin and the end of a request"
        ),
        MetricDescription(
            ServiceMetric.requests,
            .counter,
            unit: "requests",
            dimensions: ["http.route", "http.request.method", "http.response.status_code"],
            meaning: "HTTP requests that were answered.",
            fires: "when the answer is written"
        ),
        MetricDescription(
            ServiceMetric.requestErrors,
            .counter,
            unit: "requests",
            dimensions: ["http.route", "http.request.method", "error.type"],
            meaning: "HTTP requests that ended in an error with no answer of its own; problem documents are answers.",
            fires: "when the error is thrown"
        ),
    ]

    private static let program = [
        MetricDescription(
            ServiceMetric.seriesDropped,
            .counter,
            unit: "series",
            dimensions: ["family"],
            meaning: "Series that are not shown, since their family has too many or is of another kind.",
            fires: "when such a series is asked for; there is none as long as nothing is dropped"
        ),
        MetricDescription(
            ServiceMetric.buildInfo,
            .gauge,
            unit: "1",
            dimensions: ["service", "version"],
            meaning: "Always 1; which program this is.",
            fires: "at a scrape"
        ),
    ]
}
