import Foundation
import LocalServers
import Perch
import PerchDocuments
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// A million events in a topic, and two hundred thousand pending of a killed worker.
@Suite(.serialized) struct ScaleTests {
    private static let events = 250_000
    private static let pending = 50_000

    /// One partition's stream, with the ids that the log has.
    private static let script = """
        for i = 1, \(events) do
            redis.call('XADD', KEYS[1], (1700000000000 + i) .. '-' .. i, 'specversion', '1.0',
                'id', string.format('018bcfe5-6800-4000-8000-%04d%08d', ARGV[1], i), 'source', 'shop',
                'type', 'order_counted', 'subject', 'order-' .. (i % 1000), 'time', '2023-11-14T22:13:20.000Z',
                'dataschema', 'order_counted/1', 'data', '{"order":"order-' .. (i % 1000) .. '","count":' .. i .. '}')
        end
        redis.call('XGROUP', 'CREATE', KEYS[1], 'shipping', '0')
        redis.call('XREADGROUP', 'GROUP', 'shipping', 'worker-1', 'COUNT', '\(pending)', 'STREAMS', KEYS[1], '>')
        return redis.call('XLEN', KEYS[1])
        """

    private func fill(_ shop: Shop) async throws {
        // A million rows take as long as they take.
        var patient = try shop.system.postgres
        patient.replyTimeout = .seconds(3600)
        let database = Database(patient, size: 1, acquireTimeout: .seconds(3600))
        for number in 0..<4 {
            try shop.system.redis.cli("EVAL", Self.script, "1", "orders:\(number)", "\(number)")
        }
        _ = try await database.execute(
            """
            INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
            SELECT 'orders', p, i, 1700000000000 + i,
                ('018bcfe5-6800-4000-8000-' || lpad(p::text, 4, '0') || lpad(i::text, 8, '0'))::uuid, 'order_counted', 1,
                'order-' || (i % 1000), '2023-11-14T22:13:20Z',
                json_build_object('order', 'order-' || (i % 1000), 'count', i)
            FROM generate_series(0, 3) AS p, generate_series(1, \(Int32(Self.events))) AS i
            """
        )
        // As autovacuum does in time, which a busy machine gives it late: plans go by what it has seen.
        _ = try await database.execute("ANALYZE perch.log")
        _ = try await database.execute(
            """
            UPDATE perch.partitions SET last_position = \(Int64(Self.events)),
                last_milliseconds = \(Int64(1_700_000_000_000 + Self.events))
            """
        )
        _ = try await database.execute(
            """
            INSERT INTO perch.checkpoints (group_name, topic, partition, position, entry_id)
            SELECT 'shipping', 'orders', p, 100, '1700000000100-100' FROM generate_series(0, 3) AS p
            """
        )
        _ = try await database.execute(
            """
            INSERT INTO perch.failed_events
                (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error)
            SELECT 'shipping', 'orders', 0, i, '1-' || i, gen_random_uuid(), 'order_counted', 1, 'x', now(), '', 'dead', 'no stock'
            FROM generate_series(1, 10000) AS i
            """
        )
        await database.close()
    }

    /// What a question costs, whatever else the machine does: rows that Postgres reads, and bytes that Redis sends.
    private struct Cost: CustomStringConvertible {
        let rows: Int
        let bytes: Int
        var description: String { "\(rows) rows of Postgres, \(bytes) bytes of Redis" }
    }

    private func cost<R>(_ shop: Shop, of question: (OperatedSystem) async throws -> R) async throws -> (R, Cost) {
        let before = try await total(shop)
        let start = ContinuousClock.now
        // One of its own: when its sessions end, Postgres has counted what they read.
        let answer = try await question(shop.reachedAnew())
        let took = start.duration(to: .now)
        try await eventually("its sessions have ended") {
            try await shop.number(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = '\(Shop.readerName)'"
            ) == 0
        }
        let after = try await total(shop)
        let cost = Cost(rows: after.rows - before.rows, bytes: after.bytes - before.bytes)
        print("\(cost) in \(took)")
        return (answer, cost)
    }

    private func total(_ shop: Shop) async throws -> Cost {
        let info = try shop.system.redis.cli("INFO", "stats").split(whereSeparator: \.isNewline)
        let sent = info.first { $0.hasPrefix("total_net_output_bytes:") }?.split(separator: ":").last
        let rows = try await shop.number(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS n FROM pg_stat_user_tables"
        )
        return Cost(rows: rows, bytes: try #require(sent.flatMap { Int($0) }))
    }

    @Test func noListingReadsMoreThanAFewRowsForEachPartitionWhateverIsThere() async throws {
        try await withShop { shop in
            try await fill(shop)
            // Ten thousand dead letters are counted; a million events, and what is pending of them, are not.
            func ask<R>(
                _ what: String,
                rows: Int = 25_000,
                _ question: (OperatedSystem) async throws -> R
            ) async throws -> R {
                let (answer, cost) = try await cost(shop, of: question)
                #expect(cost.rows < rows && cost.bytes < 500_000, "\(what) cost \(cost)")
                return answer
            }
            let topics = try await ask("topics") { try await SystemStatus($0).topics() }
            #expect(topics[0].events == 1_000_000)
            let groups = try await ask("groups") { try await SystemStatus($0).groups() }
            let line = GroupLine.lines(of: groups[0])[0]
            #expect(line.lag == 999_600 && line.pending == 200_000 && line.dead == 10_000)
            let pending = try await ask("pending") { try await SystemStatus($0).pending(of: "shipping", limit: 10) }
            #expect(pending.partitions.reduce(0) { $0 + $1.count } == 200_000)
            let events = try await ask("events") {
                try await EventPages($0).pages(of: "orders", (0..<4).map { PartitionNumber(rawValue: $0) })
            }
            #expect(events.map(\.events.count) == [50, 50, 50, 50])
            let workers = try await ask("workers") { try await SystemStatus($0).workers() }
            #expect(workers.workers.isEmpty)
            // These look through the log, which has no index by key or by event id: of one partition; and of all, once a
            // partition, each of which may be a scan of the whole table.
            let trace = try await ask("trace", rows: 260_000) {
                try await EventJourneys($0).trace(key: "order-7", limit: 10)
            }
            #expect(trace.journeys.count == 10 && trace.isCut)
            let oldest = try #require(UUID(uuidString: "018bcfe5-6800-4000-8000-000300000017"))
            let found = try await ask("show", rows: 4_100_000) {
                try await EventJourneys($0).event(oldest, in: Samples.orders)
            }
            #expect(found.journeys.map(\.event.entryID?.position) == [17])
            let findings = try await ask("doctor") { try await SystemDiagnosis($0).findings() }
            #expect(!findings.isEmpty)
            let list = try Tool.run(["failed", "--limit", "10000"], environment: try shop.environment())
            let lines = list.out.split(separator: "\n")
            #expect(lines.count == 10_002 && lines.last == "10,000 dead letters.")
        }
    }
}
