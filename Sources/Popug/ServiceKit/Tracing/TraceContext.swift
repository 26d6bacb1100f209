public import Tracing

/// Where in which trace something happens, by [W3C Trace Context](https://www.w3.org/TR/trace-context/).
public struct TraceContext: Sendable, Hashable {
    /// 16 bytes, in two halves; never all zero.
    let trace: (high: UInt64, low: UInt64)
    /// 8 bytes; never zero.
    let span: UInt64
    /// Whoever began the trace wants it recorded.
    public let isSampled: Bool

    /// A span of a new trace.
    static func root<G: RandomNumberGenerator>(isSampled: Bool, using generator: inout G) -> TraceContext {
        TraceContext(
            trace: (.random(in: .min ... .max, using: &generator), .random(in: 1 ... .max, using: &generator)),
            span: .random(in: 1 ... .max, using: &generator),
            isSampled: isSampled
        )
    }

    /// Another span of the same trace.
    func child<G: RandomNumberGenerator>(using generator: inout G) -> TraceContext {
        TraceContext(trace: trace, span: .random(in: 1 ... .max, using: &generator), isSampled: isSampled)
    }

    private init(trace: (high: UInt64, low: UInt64), span: UInt64, isSampled: Bool) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// 32 hexadecimal digits, lowercase.
    public var traceID: String { Self.hex(trace.high) + Self.hex(trace.low) }
    /// 16 hexadecimal digits, lowercase.
    public var spanID: String { Self.hex(span) }
    /// The header's value: `00-TRACE-SPAN-01`.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    /// Reads a header's value, strictly: anybody can send anything. nil for all that the standard does not allow.
    public init?(traceparent: String) {
        let bytes = Array(traceparent.utf8.prefix(Self.mostBytes + 1))
        guard bytes.count >= Self.length, bytes.count <= Self.mostBytes,
            let version = Self.number(bytes[0..<2]), version != 0xFF,
            bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
            let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
            let span = Self.number(bytes[36..<52]), let flags = Self.number(bytes[53..<55]),
            high | low != 0, span != 0
        else { return nil }
        // A later version may add fields behind another dash; ours has none.
        guard bytes.count == Self.length || (version > 0 && bytes[Self.length] == Self.dash) else { return nil }
        self.init(trace: (high, low), span: span, isSampled: flags & 1 == 1)
    }

    private static let length = 55
    private static let mostBytes = 256
    private static let dash = UInt8(ascii: "-")

    /// Lowercase hexadecimal digits, at most 16.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The same span, with the same flag.
    public static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.trace == right.trace && left.span == right.span && left.isSampled == right.isSampled
    }

    /// Trace and span.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(trace.low)
        hasher.combine(span)
    }
}

extension InstrumentationContext {
    private enum TraceContextKey: InstrumentationContextKey {
        typealias Value = TraceContext
        static var nameOverride: String? { "trace-context" }
    }

    /// The trace and span; nil where nobody has begun one, or another tracer is in use.
    public var traceContext: TraceContext? {
        get { self[TraceContextKey.self] }
        set { self[TraceContextKey.self] = newValue }
    }
}
