import Foundation
import LocalServers
import PerchTesting
import Postgres
import StrictJSON
import Testing

@testable import Perch
@testable import Redis

/// Rows and entries, drawn and mutated from real ones: nothing traps, nothing stands still, and what the door takes the reader
/// takes. `PERCH_FUZZ_SECONDS` makes it longer, `PERCH_FUZZ_SEED` begins elsewhere.
@Suite(.serialized) struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["PERCH_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    private static let seconds = environment["PERCH_FUZZ_SECONDS"].flatMap { Int($0) } ?? 0

    /// Runs it once, or again and again with further seeds until the time is over.
    private func eachSeed(_ body: (UInt64) async throws -> Void) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var seed = Self.seed
        repeat {
            do {
                try await body(seed)
            } catch {
                Issue.record(error, "seed \(seed)")
                return
            }
            seed += 1
        } while clock.now - start < .seconds(Self.seconds)
    }

    @Test func whatTheDoorTakesTheReaderTakes() async throws {
        try await eachSeed { seed in
            var draws = FuzzDraws(seed: seed)
            var json = JSONReader()
            var taken = 0
            for _ in 0..<20_000 {
                let row = draws.row(key: "order-\(draws.below(9))")
                let time = Timestamp(row.time) ?? .now
                let problem = row.bytes { type, key, data in
                    EntryReader.problem(type: type, version: row.version, key: key, time: time, data: data, &json)
                }
                let texts = [
                    "specversion", "1.0", "id", "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60", "source", "shop", "type",
                    row.type,
                    "subject", row.key, "time", time.description, "dataschema", "\(row.type)/\(row.version)", "data",
                    row.data,
                ]
                let isRead = Self.reads(texts.map { Array($0.utf8) })
                if isRead != (problem == nil) {
                    Issue.record("seed \(seed): \(problem ?? "taken"), and it is \(isRead ? "" : "not ")read: \(row)")
                    return
                }
                taken += isRead ? 1 : 0
            }
            #expect((5_000...15_000).contains(taken), "both happen")
        }
    }

    /// Whether the reader takes an entry of these fields. What it does not take can be told of all the same.
    private static func reads(_ fields: [[UInt8]]) -> Bool {
        let memory = ReplyMemory(capacity: 1024)
        let nodes = fields.map { field -> ReplyNode in
            let text = memory.copy(field)
            let place = UnsafeMutableRawPointer(
                mutating: text.baseAddress ?? UnsafeRawPointer(memory.allocate(byteCount: 8))
            )
            return ReplyNode(kind: 1, text: place, count: text.count)
        }
        var reader = EntryReader(source: "shop")
        return nodes.withUnsafeBufferPointer { nodes in
            let id = EntryID(milliseconds: .max, position: .max)
            let isRead = reader.read(nodes) != nil
            let told = reader.salvage(nodes, at: id, in: memory)
            let envelope = Envelope(told, reader.kinds[told.kind], source: "shop")
            precondition(!envelope.subject.isEmpty && envelope.version > 0 && envelope.version <= Int(Int32.max))
            withExtendedLifetime(memory) {}
            return isRead
        }
    }

    @Test func noFieldsOfAnEntryTrap() async throws {
        try await eachSeed { seed in
            var draws = FuzzDraws(seed: seed)
            var read = 0
            for _ in 0..<20_000 where Self.reads(draws.fields(key: "order-1")) { read += 1 }
            #expect((1_000...15_000).contains(read), "both happen")
        }
    }

    @Test(arguments: [true, false])
    func nothingStandsStillWhateverIsPublishedOrAppended(isDeclared: Bool) async throws {
        try await eachSeed { seed in
            var draws = FuzzDraws(seed: seed &+ (isDeclared ? 1 << 32 : 0))
            try await withOrders(isDeclared ? declaredOrders : orders) { system, database in
                try await running(system, workers: 2) {
                    for round in 1...4 {
                        // While nothing is on its way: what takes the place of an entry that the log has just got is a forged
                        // event, and no test of readers.
                        try forge(&draws, in: system.redis)
                        try await nothingWaits(database, system.redis)
                        for _ in 0..<60 { try? await insert(draws.row(key: draws.pick(keyOfEachPartition)), database) }
                        try await database.transaction { tx in
                            for key in keyOfEachPartition {
                                try tx.publish(OrderCounted(order: key, count: 1000 + round))
                            }
                        }
                        try await nothingWaits(database, system.redis)
                        try await hasPassed(round, database)
                    }
                }
                #expect(try await database.count("SELECT count(*) FROM perch.log") > 16)
                // Without a declaration nearly all that Postgres takes is in order.
                if isDeclared {
                    #expect(try await database.count("SELECT count(*) FROM perch.refused_events") > 0)
                }
            }
        }
    }

    /// All that was published has a position or a reason, the streams end where the log ends, and the group is there.
    private func nothingWaits(_ database: Database, _ redis: LocalRedis) async throws {
        try await eventually("nothing waits") {
            for number in 0..<4 {
                let ends = try redis.cli("XREVRANGE", "orders:\(number)", "+", "-", "COUNT", "1")
                let last = try await database.texts(
                    """
                    SELECT last_milliseconds || '-' || last_position FROM perch.partitions
                    WHERE partition = \(Int32(number)) AND last_position > 0
                    """
                )
                guard last.allSatisfy({ ends.hasPrefix($0 + "\n") }), last.isEmpty == ends.isEmpty else { return false }
            }
            let waiting = try await database.count("SELECT count(*) FROM perch.outbox")
            let behind = try await database.count(
                """
                SELECT count(*) FROM perch.partitions p LEFT JOIN perch.checkpoints c USING (topic, partition)
                WHERE coalesce(c.position, 0) <> p.last_position
                """
            )
            return waiting == 0 && behind == 0
        }
    }

    private func hasPassed(_ round: Int, _ database: Database) async throws {
        // A key may be held behind a dead letter of it: then its event lies there.
        for key in keyOfEachPartition {
            let found = try await database.count(
                """
                SELECT count(*) FROM (
                    SELECT FROM effects WHERE key = \(key) AND count = \(Int64(1000 + round))
                    UNION ALL SELECT FROM perch.failed_events
                    WHERE subject = \(key) AND convert_from(payload, 'UTF8') LIKE \("%\(1000 + round)%")
                ) AS f
                """
            )
            if found != 1 {
                throw Lost(key: key, round: round, found: found)
            }
        }
    }

    private func insert(_ row: FuzzRow, _ database: Database) async throws {
        _ = try await database.execute(
            """
            INSERT INTO perch.outbox (topic, partition, type, version, key, time, traceparent, data)
            VALUES ('orders', \(row.partition), \(row.type), \(row.version), \(row.key), \(row.time)::timestamptz,
                \(row.traceparent), \(row.data)::json)
            """
        )
    }

    /// Entries of somebody else, at any id that the stream takes.
    private func forge(_ draws: inout FuzzDraws, in redis: LocalRedis) throws {
        let connection = try RedisConnection(RedisConfiguration(url: redis.url))
        for _ in 0..<8 {
            let key = "orders:\(draws.below(4))"
            let last = try? connection.execute(RedisCommand("XINFO", "STREAM", key)) { reply in
                try reply.withValue(of: "last-generated-id") { EntryID(clamping: try $0.string()) }
            }
            guard let last else { continue }
            let ids = [
                "*", "\(last.milliseconds)-\(last.position &+ 1)", "\(last.milliseconds)-\(last.position &+ 2)",
                "\(last.milliseconds &+ 1)-\(last.position &+ 1)", "9999999999999-1",
            ]
            var command = RedisCommand("XADD", key, draws.pick(ids))
            let fields = draws.fields(key: draws.pick(["forged", "order-1"]))
            for field in fields.isEmpty ? [[0x61], [0x62]] : fields { command.append(field) }
            do { try connection.execute(command) } catch let error as RedisError where error.code == .reply {}
        }
    }
}

private struct Lost: Error {
    let key: String
    let round: Int
    let found: Int
}

extension FuzzRow {
    fileprivate func bytes<R>(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> R
    ) -> R {
        Array(type.utf8).withUnsafeBytes { type in
            Array(key.utf8).withUnsafeBytes { key in Array(data.utf8).withUnsafeBytes { body(type, key, $0) } }
        }
    }
}
