import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// What hands and failures do to the streams, in the middle of traffic, is mended: nothing is lost, doubled or reordered.
@Suite(.serialized) struct MendingTests {
    /// Each is typed into redis-cli between two halves of the traffic.
    enum Harm: String, CaseIterable {
        case flushAll, deleteStream, deleteEntries, destroyGroup
        case setGroupBack, setGroupForward, acknowledgeByHand, claimByHand, trimmedByHand
        case foreignGarbage, foreignFarFuture, foreignNextPosition, foreignNoJSON, foreignLarge, foreignNotUTF8

        var isForeignEntry: Bool { rawValue.hasPrefix("foreign") }

        func inflict(on redis: LocalRedis) throws {
            switch self {
            case .flushAll: try redis.cli("FLUSHALL")
            case .deleteStream: try redis.cli("DEL", "orders:0")
            case .deleteEntries:
                for number in 0..<4 {
                    let ids = try redis.cli("XRANGE", "orders:\(number)", "-", "+", "COUNT", "3").split(separator: "\n")
                        .filter { $0.contains("-") && $0.first?.isNumber == true && !$0.contains("T") && $0.count < 24 }
                    for id in ids { try redis.cli("XDEL", "orders:\(number)", String(id)) }
                }
            case .destroyGroup:
                for number in 0..<4 { try redis.cli("XGROUP", "DESTROY", "orders:\(number)", "shipping") }
            case .setGroupBack:
                for number in 0..<4 { try redis.cli("XGROUP", "SETID", "orders:\(number)", "shipping", "0") }
            case .setGroupForward:
                for number in 0..<4 { try redis.cli("XGROUP", "SETID", "orders:\(number)", "shipping", "$") }
            case .acknowledgeByHand:
                try redis.cli(
                    "XREADGROUP",
                    "GROUP",
                    "shipping",
                    "hand",
                    "COUNT",
                    "20",
                    "NOACK",
                    "STREAMS",
                    "orders:1",
                    ">"
                )
            case .claimByHand:
                try redis.cli("XREADGROUP", "GROUP", "shipping", "hand", "COUNT", "20", "STREAMS", "orders:1", ">")
            case .trimmedByHand: try redis.cli("XTRIM", "orders:2", "MAXLEN", "1")
            case .foreignGarbage: try redis.cli("XADD", "orders:0", "*", "hello", "world")
            case .foreignFarFuture: try redis.cli("XADD", "orders:0", "9999999999999-1", "hello", "world")
            case .foreignNextPosition:
                // Again where the relay was faster: then the id is below its last one.
                for _ in 0..<100 {
                    let last = try redis.cli("XINFO", "STREAM", "orders:0").split(separator: "\n")
                    guard let index = last.firstIndex(of: "last-generated-id"), let id = EntryID(last[index + 1]) else {
                        continue
                    }
                    let next = "\(id.milliseconds + 1)-\(id.position + 1)"
                    if try redis.cli("XADD", "orders:0", next, "specversion", "1.0").contains(next) { break }
                }
            case .foreignNoJSON:
                try redis.cli(
                    "XADD",
                    "orders:0",
                    "*",
                    "specversion",
                    "1.0",
                    "id",
                    UUID().uuidString,
                    "source",
                    "shop",
                    "type",
                    "order_counted",
                    "subject",
                    "x",
                    "time",
                    "2026-01-01T00:00:00.000Z",
                    "dataschema",
                    "order_counted/1",
                    "data",
                    "{no json"
                )
            case .foreignNotUTF8:
                try redis.cli("EVAL", #"return redis.call('XADD', KEYS[1], '*', '\255\254', '\0')"#, "1", "orders:0")
            case .foreignLarge:
                try redis.cli("XADD", "orders:0", "*", "data", String(repeating: "x", count: 100_000))
            }
        }
    }

    @Test(arguments: Harm.allCases) func nothingIsLostDoubledOrReordered(after harm: Harm) async throws {
        try await withOrders { system, database in
            let keys = (0..<12).map { "order-\($0)" }
            try await running(system, workers: 2) {
                for round in 0..<20 {
                    try await database.transaction { tx in
                        for key in keys { try tx.publish(OrderCounted(order: key, count: round)) }
                    }
                    if round == 10 {
                        try await eventually("traffic flows") {
                            try await database.query("SELECT count(*) AS n FROM effects") {
                                try $0.decode("n", as: Int.self)
                            } != [0]
                        }
                        try harm.inflict(on: system.redis)
                    }
                }
                try await eventually("all events took effect after \(harm)") {
                    try await database.query("SELECT count(DISTINCT event_id) AS n FROM effects") {
                        try $0.decode("n", as: Int.self)
                    } == [240]
                }
                try await eventually("the streams hold what the log holds") {
                    try (0..<4).reduce(0) { sum, number in
                        sum + (Int(try system.redis.cli("XLEN", "orders:\(number)").filter(\.isNumber)) ?? 0)
                    } == 240
                }
            }
            let counts = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
                (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
            }
            for key in keys { #expect(counts.filter { $0.0 == key }.map(\.1) == Array(0..<20)) }
            if harm.isForeignEntry {
                let kept = try await database.query("SELECT fields FROM perch.foreign_entries") {
                    try $0.decode("fields", as: [[UInt8]].self)
                }
                #expect(kept.contains { !$0.isEmpty }, "the foreign entry is kept with its bytes")
            }
        }
    }
}
