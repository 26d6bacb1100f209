import Postgres
import Tracing

/// The spans of a worker, as OpenTelemetry describes
/// [messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/): one event that is handled by itself
/// continues the trace that published it; a batch begins a trace of its own, which links to those of its events.
struct ConsumerTracing: HandlerMiddleware {
    let tracer: any Tracer
    let group: GroupName

    /// The tracer of the program; nil where it has none, so that nothing is spent.
    static var activeTracer: (any Tracer)? {
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : tracer
    }

    /// OpenTelemetry's default limit; what a backend would drop is not sent.
    private static let mostLinks = 128

    func handle(
        _ delivery: Delivery,
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        try withSpan(of: delivery) { try next(tx) }
    }

    func handle(
        _ batch: [Delivery],
        in tx: borrowing Transaction,
        next: (borrowing Transaction) throws -> Void
    ) throws {
        try withSpan(of: batch) { try next(tx) }
    }

    /// Runs the handler of one event in its span.
    private func withSpan<R>(of event: Delivery, _ body: () throws -> R) throws -> R {
        let span = start(event.topic, in: TraceCarrier.context(of: event, by: tracer))
        defer { span.end() }
        if span.isRecording {
            span.updateAttributes { attributes in
                describe(event, in: &attributes)
            }
        }
        return try run(span, body)
    }

    /// Runs a batch's handler in the batch's span.
    private func withSpan<R>(of batch: [Delivery], _ body: () throws -> R) throws -> R {
        guard batch.count > 1, let first = batch.first else {
            return try batch.first.map { try withSpan(of: $0, body) } ?? body()
        }
        let span = start(first.topic, in: .topLevel)
        defer { span.end() }
        if span.isRecording {
            span.updateAttributes { attributes in
                describe(first.topic, in: &attributes)
                attributes[SpanKey.batchCount] = batch.count
            }
            var linked: Set<String> = []
            for event in batch {
                guard let traceparent = event.traceparent, linked.count < Self.mostLinks,
                    linked.insert(traceparent).inserted
                else { continue }
                span.addLink(SpanLink(context: TraceCarrier.context(of: event, by: tracer), attributes: [:]))
            }
        }
        return try run(span, body)
    }

    private func start(_ topic: TopicName, in context: InstrumentationContext) -> any Span {
        tracer.startSpan("\(SpanKey.process) \(topic)", context: context, ofKind: .consumer)
    }

    private func run<R>(_ span: any Span, _ body: () throws -> R) throws -> R {
        do {
            return try InstrumentationContext.$current.withValue(span.context) { try body() }
        } catch {
            span.recordError(error)
            span.setStatus(SpanStatus(code: .error))
            throw error
        }
    }

    private func describe(_ topic: TopicName, in attributes: inout SpanAttributes) {
        attributes[SpanKey.system] = "redis"
        attributes[SpanKey.operationType] = SpanKey.process
        attributes[SpanKey.operationName] = SpanKey.process
        attributes[SpanKey.destination] = topic.rawValue
        attributes[SpanKey.group] = group.rawValue
    }

    private func describe(_ event: Delivery, in attributes: inout SpanAttributes) {
        describe(event.topic, in: &attributes)
        attributes[SpanKey.partition] = event.partition.number.description
        attributes[SpanKey.messageID] = event.id.text
        attributes[SpanKey.entryID] = event.entryID.description
        attributes[SpanKey.eventType] = event.type.rawValue
    }
}
