import Foundation
import HTTPKit
import LocalServers
import Logging
import Metrics
import Perch
import PerchMetrics
import PerchTesting
import Postgres
import ServiceKit
import ServiceLifecycle
import ServiceTesting
import Testing

/// `/health/live`, `/health/ready` and `/metrics`, over the ways that a process can be unwell.
@Suite(.serialized) struct OperationsTests {
    private func api(_ health: Health, _ page: MetricsPage? = nil) -> API {
        let page = page ?? MetricsPage(registry: PrometheusRegistry.ofService(), service: "post", version: "1")
        return API(service: "post", title: "Parcels", calls: API.operations(health: health, metrics: page))
    }

    private func names(_ answer: APIAnswer) throws -> [String] {
        try answer.json["errors"]?.elements.compactMap { $0["name"]?.string } ?? []
    }

    @Test func aProcessThatGetsOnIsReadyUntilItEnds() async throws {
        try await withPost { system, database, _ in
            let relay = try system.relay(owner: "post")
            let pool = try system.pool(group { _ in })
            let health = Health(
                checks: [.database(database, of: post), .keys { true }, .progress(relay.progress)]
                    + pool.progress.map { .progress($0) },
                patience: .seconds(30)
            )
            try await whileRunning(relay, pool) {
                try await withAPI(api(health)) { client in
                    let live = try await client.call(.get, "/health/live")
                    #expect(live.status == 200)
                    #expect(try live.json["status"]?.string == "live")
                    let ready = try await client.call(.get, "/health/ready")
                    #expect(ready.status == 200, "\(ready.text)")
                    health.shutDown()
                    let ending = try await client.call(.get, "/health/ready")
                    #expect(ending.status == 503 && ending.problem == "not-ready")
                    #expect(try names(ending) == ["shutdown"])
                    #expect(try await client.call(.get, "/health/live").status == 200, "it still runs")
                }
            }
        }
    }

    @Test func eachThingThatIsMissingIsNamedAndNothingSecretIsSaid() async throws {
        try await withPost { system, database, postgres in
            let mark = try system.relay(owner: "post").progress
            try await eventually("a relay that never ran has made no progress") { mark.age > .milliseconds(20) }
            let next = ServiceDescription(
                name: "post",
                migrations: post.migrations + [Migration(version: 2, name: "more", sql: "")],
                grants: { _ in "" }
            )
            func reasons(_ checks: [ReadinessCheck]) async -> [String] {
                await Health(checks: checks).failures().map { "\($0.check): \($0.reason)" }
            }
            #expect(await reasons([.database(database, of: post)]) == [])
            #expect(
                await reasons([.database(database, of: next)]) == ["database: migrations are missing, from: post 2"]
            )
            let raw = Database(try PostgresConfiguration(url: try postgres.createDatabase()))
            #expect(
                await reasons([.database(raw, of: post)]) == ["database: the database is not prepared: run migrate"]
            )
            await raw.close()
            #expect(
                await reasons([.keys { false }]) == ["keys: the keys that verify tokens cannot be fetched"]
            )
            let late = await reasons([.progress(mark, within: .milliseconds(10))])
            #expect(late.count == 1 && late.first?.hasPrefix("relay: no progress for ") == true)
            #expect(await reasons([.progress(mark, within: .seconds(60))]) == [])
            postgres.kill()
            let health = Health(
                checks: [.database(database, of: post), .keys { false }, .progress(mark, within: .milliseconds(10))]
            )
            try await withAPI(api(health)) { client in
                let answer = try await client.call(.get, "/health/ready")
                #expect(answer.status == 503 && answer.problem == "not-ready")
                #expect(try names(answer) == ["database", "keys", "relay"])
                #expect(!answer.text.contains("postgresql") && !answer.text.contains("127.0.0.1"))
                #expect(answer.headers[.retryAfter] == "1")
            }
        }
    }

    /// As a primary does that was demoted, or whose operator has said so; its connections stay.
    @Test func aDatabaseThatTakesNoWritesIsNotReady() async throws {
        try await withPost { _, database, postgres in
            func reasons() async -> [String] {
                await Health(checks: [.database(database, of: post)], patience: .seconds(60)).failures().map(\.reason)
            }
            #expect(await reasons() == [])
            _ = try postgres.psql("ALTER SYSTEM SET default_transaction_read_only = on")
            _ = try postgres.psql("SELECT pg_reload_conf()")
            try await eventually("it is told") { await reasons() == ["the database takes no writes"] }
        }
    }

    @Test func whoMeetsADatabaseThatTakesTooLongIsToldToComeBack() async throws {
        try await withPost { _, database, _ in
            let slow = APICall(.get, "/v1/slow", "Waits.", access: .anyone, answer: .empty(.ok, "Never.")) { _ in
                _ = try await database.query("SELECT pg_sleep(600)") { _ in }
                return .empty()
            }
            try await withAPI(API(service: "post", title: "Parcels", calls: [slow])) { client in
                let answer = try await client.call(.get, "/v1/slow")
                #expect(answer.status == 503 && answer.problem == "unavailable")
                #expect(answer.headers[.retryAfter] == "1")
            }
        }
    }

    @Test func aCheckThatHangsIsAFailureInTime() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let hanging = ReadinessCheck("slow") {
            // habits: this is the check that hangs.
            try? await Task.sleep(for: .seconds(3600))
            return nil
        }
        let health = Health(checks: [hanging, .keys { true }, hanging], patience: .milliseconds(100))
        let failures = await health.failures()
        #expect(failures.map(\.check) == ["slow", "slow"] && failures.first?.reason == "no answer in time")
        #expect(start.duration(to: clock.now) < .seconds(3600), "the hanging check was not waited for")
    }

    @Test func aShutdownOfTheServiceGroupIsNotReadyFirst() async throws {
        let health = Health(checks: [])
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let group = ServiceGroup(services: [health], logger: logger)
        let running = Task { try await group.run() }
        #expect(await health.failures().isEmpty)
        try await eventually("it runs and is told") {
            await group.triggerGracefulShutdown()
            return await health.failures().map(\.check) == ["shutdown"]
        }
        try await running.value
    }

    @Test func metricsOfRealTrafficPassPromtool() async throws {
        let registry = PrometheusRegistry.ofService()
        try await withMetricsFactory(registry) {
            try await withPost { system, database, _ in
                let relay = try system.relay(owner: "post")
                let pool = try system.pool(group { _ in })
                let status = StatusSource(try system.status(), group: "post", owner: "post")
                let page = MetricsPage(registry: registry, service: "post", version: "0.1.0", status: status)
                try await whileRunning(relay, pool) {
                    try await database.transaction { tx in
                        for number in 0..<10 { try tx.publish(ParcelSent(parcel: "parcel-\(number)")) }
                    }
                    try await withAPI(api(Health(checks: []), page)) { client in
                        // The lag may have been read before the events were counted.
                        try await eventually("all are processed, and /metrics says so") {
                            let text = try await client.call(.get, "/metrics").text
                            return [
                                #"perch_events_processed_total{group="post",topic="parcels",outcome="ok"} 10"#,
                                #"perch_group_lag_events{group="post",topic="parcels",partition="0"} 0"#,
                                #"perch_group_lag_events{group="post",topic="parcels",partition="1"} 0"#,
                            ].allSatisfy(text.contains)
                        }
                        let answer = try await client.call(.get, "/metrics")
                        #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                        let text = answer.text
                        for family in [
                            "perch_event_age_seconds_bucket{", "perch_transaction_duration_seconds_sum{",
                            #"perch_group_lag_events{group="post",topic="parcels",partition="0"} 0"#,
                            #"perch_group_oldest_unprocessed_age_seconds{group="post",topic="parcels",partition="1"} 0"#,
                            #"perch_outbox_waiting_events{topic="parcels"} 0"#,
                            #"perch_failed_events{group="post",topic="parcels",state="dead"} 0"#,
                            #"http_server_request_duration_seconds_count{http_route="/metrics","#,
                            #"http_server_active_requests{http_request_method="GET"} 1"#,
                            #"popug_build_info{service="post",version="0.1.0"} 1"#,
                            "process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds ",
                            "process_start_time_seconds ",
                        ] { #expect(text.contains(family), "\(family)") }
                        let started = try #require(Self.value("process_start_time_seconds", in: text))
                        #expect(abs(Date().timeIntervalSince1970 - started) < 86_400)
                        let memory = try #require(Self.value("process_resident_memory_bytes", in: text))
                        #expect((1e6...1e11).contains(memory))
                        let undescribed = text.split(separator: "\n").filter { $0.contains("Not described") }
                        #expect(undescribed.isEmpty, "\(undescribed)")
                        if Promtool.isInstalled { try Promtool.check(text) }
                    }
                }
            }
        }
    }

    @Test func metricsAreAnsweredWithinASecondWhateverIsAway() async throws {
        try await withPost { system, _, postgres in
            // It would wait for long by itself.
            let status = StatusSource(try system.status(patience: .seconds(3600)), group: "post", owner: "post")
            let page = MetricsPage(
                registry: PrometheusRegistry.ofService(),
                service: "post",
                version: "1",
                status: status
            )
            try await eventually("the page tells of the outbox") {
                await page.text().contains("perch_outbox_waiting_events")
            }
            system.redis.pause()
            postgres.kill()
            let clock = ContinuousClock()
            let start = clock.now
            let text = await page.text()
            // Before it would give up; how long exactly is up to the machine.
            #expect(start.duration(to: clock.now) < .seconds(3600))
            #expect(!text.contains("perch_") && text.contains("popug_build_info"))
            system.redis.resume()
        }
    }

    private static func value(_ name: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    private func group(_ body: @escaping @Sendable (Delivery) throws -> Void) -> ConsumerGroup {
        ConsumerGroup(name: "post", subscriptions: [Subscription(topic: "parcels", handlers: [Deliver(body: body)])])
    }
}

struct Deliver: EventHandler {
    let body: @Sendable (Delivery) throws -> Void

    func handle(_ event: ParcelSent, _ delivery: Delivery, in tx: borrowing Transaction) throws { try body(delivery) }
}
