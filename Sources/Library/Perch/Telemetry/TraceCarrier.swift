import Tracing

/// Carries trace contexts in the attribute `traceparent` of events, by the instrument that the program has bootstrapped. Other
/// parts of a context (`tracestate`, baggage) do not travel with events.
enum TraceCarrier {
    private static let name = "traceparent"

    /// The current context as an event carries it; nil where there is none, or no instrument that knows it.
    static var current: String? {
        guard let context = InstrumentationContext.current else { return nil }
        let instrument = InstrumentationSystem.instrument
        guard !(instrument is NoOpInstrument) else { return nil }
        var carrier: [String: String] = [:]
        instrument.inject(context, into: &carrier, using: Injection())
        // What does not fit into the outbox must not fail the transaction.
        return carrier[name].flatMap { $0.utf8.count <= Envelope.Limits.attribute ? $0 : nil }
    }

    /// The context that an event came with; an empty one where it has none, or the instrument does not accept it.
    static func context(of event: Delivery, by instrument: some Instrument) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        if let traceparent = event.traceparent {
            instrument.extract([name: traceparent], into: &context, using: Extraction())
        }
        return context
    }

    private struct Injection: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
            carrier[key.lowercased()] = value
        }
    }

    private struct Extraction: Extractor {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key.lowercased()] }
    }
}
