import Logging
import Perch
import Synchronization
public import Tracing

/// A span of `LoggingTracer`.
public final class LoggedSpan: Span {
    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var links: [String] = []
        var status: SpanStatus?
        var error: String?
        var hasEnded = false
    }

    /// The context of what happens within the span.
    public let context: InstrumentationContext
    private let kind: SpanKind
    private let own: TraceContext
    private let parent: TraceContext?
    private let began: UInt64
    /// nil: it is not recorded.
    private let logger: Logger?
    private let state: Mutex<State>

    init(
        _ name: String,
        _ kind: SpanKind,
        context: InstrumentationContext,
        own: TraceContext,
        parent: TraceContext?,
        began: UInt64,
        logger: Logger?
    ) {
        self.kind = kind
        self.context = context
        self.own = own
        self.parent = parent
        self.began = began
        self.logger = logger
        state = Mutex(State(name: name))
    }

    /// Whether it will be logged; if not, nothing that is told to it is kept.
    public var isRecording: Bool { logger != nil }

    /// What is done.
    public var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    /// More about it.
    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { if isRecording { state.withLock { $0.attributes = newValue } } }
    }

    /// How it ended.
    public func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }

    /// Not kept: what is worth it has a log line of its own, with this span's id.
    public func addEvent(_ event: SpanEvent) {}

    /// Keeps the last error.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        if isRecording { state.withLock { $0.error = String(describing: error) } }
    }

    /// Keeps the other's trace and span.
    public func addLink(_ link: SpanLink) {
        guard isRecording, let other = link.context.traceContext else { return }
        state.withLock { $0.links.append("\(other.traceID)-\(other.spanID)") }
    }

    /// Logs the span. Once: what comes after is ignored.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let logger else { return }
        let ended = instant().nanosecondsSinceEpoch
        let isSecond = state.withLock { state in
            defer { state.hasEnded = true }
            return state.hasEnded
        }
        guard !isSecond else { return }
        logger.debug("span", metadata: metadata(ended))
    }

    private func metadata(_ ended: UInt64) -> Logger.Metadata {
        let state = state.withLock { $0 }
        var metadata: Logger.Metadata = [:]
        state.attributes.forEach { metadata[$0] = Self.value($1) }
        metadata[TraceLogKey.traceID.name] = "\(own.traceID)"
        metadata[TraceLogKey.spanID.name] = "\(own.spanID)"
        metadata[TraceLogKey.parent.name] = parent.map { "\($0.spanID)" }
        metadata[TraceLogKey.span.name] = "\(state.name)"
        metadata[TraceLogKey.kind.name] = "\(kind)"
        metadata[TraceLogKey.seconds.name] = .stringConvertible(Double(ended > began ? ended - began : 0) / 1e9)
        if !state.links.isEmpty { metadata[TraceLogKey.links.name] = .array(state.links.map { "\($0)" }) }
        if let error = state.error { metadata[TraceLogKey.error.name] = "\(error)" }
        if let status = state.status { metadata[TraceLogKey.status.name] = "\(status.code)" }
        return metadata
    }

    private static func value(_ attribute: SpanAttribute) -> Logger.MetadataValue {
        switch attribute {
        case .int32(let value): .stringConvertible(value)
        case .int64(let value): .stringConvertible(value)
        case .double(let value): .stringConvertible(value)
        case .bool(let value): .stringConvertible(value)
        case .string(let value): .string(value)
        case .stringArray(let values): .array(values.map { .string($0) })
        case .stringConvertible(let value): .string(value.description)
        default: .string(String(describing: attribute))
        }
    }
}
