public import Logging
import Perch
import Tracing

/// The keys of what traces add to log lines.
enum TraceLogKey {
    static let traceID = LogKey("trace_id", "the trace that the line belongs to; also of a span's line")
    static let spanID = LogKey("span_id", "the span that the line belongs to; also of a span's line")
    static let parent = LogKey("parent_span_id", "a span's parent, if it has one")
    static let span = LogKey("span", "what a span did; its other attributes stand beside it under their own names")
    static let kind = LogKey("span_kind", "`server`, `consumer`, `client`, `producer` or `internal`")
    static let seconds = LogKey("span_seconds", "how long the span took")
    static let links = LogKey("span_links", "the spans that it links to, `TRACE-SPAN`")
    static let status = LogKey("span_status", "`ok` or `error`, where the span says it")
    static let error = LogKey("error", "the error that ended the span")

    static let all = [traceID, spanID, parent, span, kind, seconds, links, status]
}

extension Logger.MetadataProvider {
    /// Adds `trace_id` and `span_id` of the current context to each line.
    public static let traceContext = Logger.MetadataProvider {
        guard let trace = InstrumentationContext.current?.traceContext else { return [:] }
        return [TraceLogKey.traceID.name: "\(trace.traceID)", TraceLogKey.spanID.name: "\(trace.spanID)"]
    }
}
