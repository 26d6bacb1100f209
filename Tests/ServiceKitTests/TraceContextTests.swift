import Logging
import ServiceKit
import Testing
import Tracing

@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test func aValidHeaderIsReadAndWrittenAsItWas() throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01"))
        #expect((context.traceID, context.spanID, context.isSampled) == (Self.trace, Self.span, true))
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-01")
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00")?.isSampled == false)
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-fe")?.isSampled == false, "one bit counts")
        let small = "00-00000000000000000000000000000001-0000000000000001-01"
        #expect(TraceContext(traceparent: small)?.traceparent == small)
    }

    @Test func aLaterVersionIsReadAsFarAsItIsKnown() {
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-01-what-will-be")?.traceID == Self.trace)
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-01")?.traceID == Self.trace)
    }

    @Test(arguments: [
        "", "-", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-0g",
        "00-\(trace)-\(span)-01-more", "00-\(trace)-\(span)-01 ", " 00-\(trace)-\(span)-01",
        "ff-\(trace)-\(span)-01", "0-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01.more",
        "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace)\(span)--01", "00_\(trace)_\(span)_01", "00-\(trace)-\(span)-01\n", "00-\(trace)-\(span)-01\0",
        "00-\(trace)-\(span)-01, 00-\(trace)-\(span)-01", "00-+af7651916cd43dd8448eb211c80319c-\(span)-01",
        "cc-\(trace)-\(span)-01-" + String(repeating: "x", count: 100_000), "００-\(trace)-\(span)-01", "💥",
    ]) func anythingElseIsNone(_ header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func spansOfATraceShareItsIdAndItsFlag() throws {
        let tracer = LoggingTracer(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var outside = InstrumentationContext.topLevel
        outside.traceContext = TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00")
        let span = tracer.startSpan("one", context: outside)
        let inside = try #require(span.context.traceContext)
        #expect(inside.traceID == Self.trace && inside.spanID != Self.span && !inside.isSampled)
        let first = try #require(tracer.startSpan("root", context: .topLevel).context.traceContext)
        let second = try #require(tracer.startSpan("root", context: .topLevel).context.traceContext)
        #expect(first.traceID != second.traceID && first.isSampled)
    }
}
