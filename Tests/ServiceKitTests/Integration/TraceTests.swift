import LocalServers
import Logging
import Perch
import PerchTesting
import Postgres
import ServiceKit
import ServiceTesting
import Synchronization
import Testing
import Tracing

/// One trace from the HTTP request through outbox and stream into the handler.
@Suite(.serialized) struct TraceTests {
    private let trace = "0af7651916cd43dd8448eb211c80319c"

    @Test func theHandlerRunsInTheTraceOfTheRequestThatPublished() async throws {
        let seen = Seen()
        let lines = CapturedLog.Lines()
        try await traced(lines, seen) { system, database in
            let send = APICall(
                .post,
                "/v1/parcels",
                "Send a parcel.",
                access: .anyone,
                answer: .empty(.noContent, "Sent.")
            ) { _ in
                try await database.transaction { tx in try tx.publish(ParcelSent(parcel: "a")) }
                return .empty()
            }
            try await withAPI(API(service: "post", title: "Parcels", calls: [send])) { [trace] client in
                let headers = ["traceparent": "00-\(trace)-b7ad6b7169203331-01"]
                let answer = try await client.call(.post, "/v1/parcels", headers: headers)
                #expect(answer.status == 204)
            }
            try await eventually("it is handled") { seen.contexts.count == 1 }
        }
        let context = try #require(seen.contexts.first ?? nil)
        #expect(context.traceID == trace && context.isSampled)
        let server = try #require(lines.all.first { $0["span_kind"] == "server" })
        #expect(server["trace_id"] == "\(trace)" && server["parent_span_id"] == "b7ad6b7169203331")
        let consumer = try #require(lines.all.first { $0["span_kind"] == "consumer" })
        #expect(consumer["span"] == "process parcels" && consumer["trace_id"] == "\(trace)")
        #expect(consumer["parent_span_id"] == server["span_id"], "the one event's parent is the request")
        #expect(consumer["span_id"] == "\(context.spanID)")
        #expect(consumer["messaging.system"] == "redis" && consumer["messaging.destination.name"] == "parcels")
        #expect(consumer["messaging.consumer.group.name"] == "post" && consumer["messaging.message.id"] != nil)
    }

    @Test func aBatchLinksToTheTracesOfItsEventsAndHasOneOfItsOwn() async throws {
        let seen = Seen()
        let lines = CapturedLog.Lines()
        let traces = Mutex<[String]>([])
        try await traced(
            lines,
            seen,
            batch: true,
            beforeRunning: { database in
                for _ in 0..<3 {
                    try await withSpan("send") { span in
                        traces.withLock { $0.append(span.context.traceContext?.traceparent ?? "") }
                        try await database.transaction { tx in try tx.publish(ParcelSent(parcel: "same")) }
                    }
                }
            }
        ) { _, _ in
            try await eventually("all are handled") { seen.contexts.count == 3 }
        }
        let batches = lines.all.filter { $0["messaging.batch.message_count"] != nil }
        let batch = try #require(batches.first)
        let expected = traces.withLock { $0 }.compactMap { TraceContext(traceparent: $0) }
        guard case .array(let links) = batch["span_links"] else {
            Issue.record("no links: \(batch)")
            return
        }
        #expect(links.count == 3 && batch["messaging.batch.message_count"]?.description == "3")
        #expect(links.map(\.description) == expected.map { "\($0.traceID)-\($0.spanID)" })
        #expect(
            batch["parent_span_id"] == nil && !expected.map(\.traceID).contains(batch["trace_id"]?.description ?? "")
        )
    }

    @Test func anUnsampledTraceIsCarriedOnAndNotRecorded() async throws {
        let seen = Seen()
        let lines = CapturedLog.Lines()
        try await traced(lines, seen) { _, database in
            var context = InstrumentationContext.topLevel
            context.traceContext = TraceContext(traceparent: "00-\(trace)-b7ad6b7169203331-00")
            try await InstrumentationContext.$current.withValue(context) {
                try await database.transaction { tx in try tx.publish(ParcelSent(parcel: "a")) }
            }
            try await eventually("it is handled") { seen.contexts.count == 1 }
        }
        let handled = try #require(seen.contexts.first ?? nil)
        #expect(handled.traceID == trace && !handled.isSampled)
        #expect(!lines.all.contains { $0["trace_id"] == "\(trace)" })
    }

    @Test func withoutATracerEventsHaveNoTraceAndOneGivenExplicitlyIsKept() async throws {
        try await withPost { _, database, _ in
            var context = InstrumentationContext.topLevel
            context.traceContext = TraceContext(traceparent: "00-\(trace)-b7ad6b7169203331-01")
            try await InstrumentationContext.$current.withValue(context) {
                try await database.transaction { tx in
                    try tx.publish(ParcelSent(parcel: "a"))
                    try tx.publish(ParcelSent(parcel: "b"), traceparent: "given")
                    try tx.publish([
                        Publication(ParcelSent(parcel: "c")), Publication(ParcelSent(parcel: "d"), traceparent: "too"),
                    ])
                }
            }
            let traces = try await database.query("SELECT traceparent FROM perch.outbox ORDER BY sequence") {
                try $0.decodeIfPresent("traceparent", as: String.self)
            }
            #expect(traces == [nil, "given", nil, "too"])
        }
    }

    // MARK: Fixture

    private final class Seen: Sendable {
        private let state = Mutex<[TraceContext?]>([])
        var contexts: [TraceContext?] { state.withLock { $0 } }
        func note() { state.withLock { $0.append(InstrumentationContext.current?.traceContext) } }
    }

    private struct NoteBatch: BatchHandler {
        let types = [ParcelSent.type]
        let seen: Seen
        func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws { for _ in batch { seen.note() } }
    }

    private func traced(
        _ lines: CapturedLog.Lines,
        _ seen: Seen,
        batch: Bool = false,
        beforeRunning: @escaping (Database) async throws -> Void = { _ in },
        _ body: @escaping (TestSystem, Database) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in CapturedLog(lines) }
        try await withTracer(LoggingTracer(logger: logger)) {
            try await withPost { system, database, _ in
                let subscription =
                    batch
                    ? Subscription(topic: "parcels", batch: NoteBatch(seen: seen))
                    : Subscription(topic: "parcels", handlers: [Deliver { _ in seen.note() }])
                let group = ConsumerGroup(name: "post", subscriptions: [subscription])
                let relay = try system.relay(owner: "post")
                let pool = try system.pool(group)
                try await beforeRunning(database)
                if batch { try await relayAll(system, database) }
                try await whileRunning(relay, pool) { try await body(system, database) }
            }
        }
    }

    /// So that the pool finds all at once: until the streams have what was given, by a relay of its own, for one runs once.
    private func relayAll(_ system: TestSystem, _ database: Database) async throws {
        let relay = try system.relay(owner: "post")
        let relaying = Task { try await relay.run() }
        try await eventually("all is in the streams") {
            let ends = try await database.query(
                """
                SELECT topic || ':' || partition AS stream, last_position,
                    EXISTS (SELECT FROM perch.outbox) AS waits FROM perch.partitions
                """
            ) {
                (
                    try $0.decode("stream", as: String.self), try $0.decode("last_position", as: Int.self),
                    try $0.decode("waits", as: Bool.self)
                )
            }
            return try ends.allSatisfy { stream, last, waits in
                try !waits && Int(system.redis.cli("XLEN", stream)) == last
            }
        }
        relaying.cancel()
        try await relaying.value
    }
}
