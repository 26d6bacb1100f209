public import Logging
public import Tracing

/// A tracer without a backend: it reads and writes `traceparent`, gives spans their ids, so that one trace can be followed
/// through the logs of all services, and logs finished spans at level debug.
///
/// A trace that comes in with the sampled flag off is carried on and not logged. `tracestate` and baggage are not carried.
public struct LoggingTracer: Tracer {
    private static let header = "traceparent"

    private let logger: Logger

    /// - Parameter logger: Gets a line for each finished span that is sampled, at level debug.
    public init(logger: Logger) { self.logger = logger }

    /// Takes over a valid `traceparent`; anything else is as if there were none.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout InstrumentationContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        context.traceContext = extractor.extract(key: Self.header, from: carrier)
            .flatMap { TraceContext(traceparent: $0) }
    }

    /// Writes `traceparent` where the context is in a trace.
    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let traceparent = context.traceContext?.traceparent else { return }
        injector.inject(traceparent, forKey: Self.header, into: &carrier)
    }

    /// Begins a span in the context's trace; in a new, sampled one where it is in none.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> InstrumentationContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> LoggedSpan {
        var context = context()
        let parent = context.traceContext
        var generator = SystemRandomNumberGenerator()
        let own = parent?.child(using: &generator) ?? .root(isSampled: true, using: &generator)
        context.traceContext = own
        let isRecording = own.isSampled && logger.logLevel <= .debug
        return LoggedSpan(
            operationName,
            kind,
            context: context,
            own: own,
            parent: parent,
            began: isRecording ? instant().nanosecondsSinceEpoch : 0,
            logger: isRecording ? logger : nil
        )
    }

    /// Nothing is left to be done: a span is logged when it ends.
    public func forceFlush() {}
}
