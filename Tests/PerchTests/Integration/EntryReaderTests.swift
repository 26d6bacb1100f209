import Foundation
import LocalServers
import Postgres
import Redis
import Testing

@testable import Perch

/// What the stream's reader takes for ours, and that it stays as it was read.
@Suite struct EntryReaderTests {
    private static let fields: [(String, String)] = [
        ("specversion", "1.0"), ("id", "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60"), ("source", "shop"),
        ("type", "order_counted"), ("subject", "order-1"), ("time", "2026-11-22T18:30:55.123Z"),
        ("dataschema", "order_counted/1"), ("data", #"{"order":"order-1","count":7}"#),
    ]

    private func withEntry<R>(
        _ fields: [(String, [UInt8])],
        on connection: RedisConnection,
        _ body: (borrowing RedisReply, ReplyMemory) throws -> R
    ) throws -> R {
        try connection.execute(RedisCommand("DEL", "orders:0"))
        var command = RedisCommand("XADD", "orders:0", "1700000000000-1")
        for (name, value) in fields {
            command.append(name)
            command.append(value)
        }
        try connection.execute(command)
        try connection.send(RedisCommand("XRANGE", "orders:0", "-", "+"))
        return try connection.receive(body)
    }

    private func isOurs(_ fields: [(String, [UInt8])], on connection: RedisConnection) throws -> Bool {
        try withEntry(fields, on: connection) { reply, memory in
            let entries = try DeliveredEntries(reply, of: Partition("orders", 0), source: "shop", in: memory)
            let entry = try reply.withElement(0) { try StreamEntry($0, source: "shop") }
            #expect(entries.isCut == (entry.envelope == nil))
            #expect(entries.rows.count == (entries.isCut ? 0 : 1))
            if let envelope = entry.envelope { #expect(entries.envelope(0) == envelope) }
            return !entries.isCut
        }
    }

    /// What says that nobody reads it, as the relay says of rows of the log, has its limits all the same.
    @Test func aProblemOfAnEntryLiftsNoLimit() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            let right = Self.fields.map { ($0.0, Array($0.1.utf8)) }
            func has(_ data: Int, _ problem: Int) throws -> Bool {
                let large = right.dropLast() + [("data", [UInt8](repeating: 0x78, count: data))]
                return try isOurs(large + [("perchproblem", [UInt8](repeating: 0x78, count: problem))], on: connection)
            }
            #expect(try has(65_536, 4096))
            #expect(try !has(65_537, 10))
            #expect(try !has(10, 4097))
        }
    }

    @Test func anEntryIsOursOnlyIfEveryAttributeIsThereAndValid() async throws {
        let long = String(repeating: "k", count: 257)
        let texts = [
            ("specversion", ["1.1", "", "1.0 "]),
            ("id", ["", "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f6", "0199c1d2x8b4c-7d5e-9f6a-1b2c3d4e5f60"]),
            ("source", ["", "shop2", "sho"]),
            ("type", ["", "order_count", long, "order\0counted"]),
            ("subject", ["", long, "a\0b"]),
            ("time", ["", "2026-11-22T18:30:55Z", "2026-13-22T18:30:55.123Z", "2026-11-22T18:30:55.12xZ"]),
            ("dataschema", ["", "order_counted", "order_counted/", "order_counted/0", "order_counted/-1", "other/1"]),
            ("data", ["", "[]", "1", "{", #"{"a":1,"a":2}"#, #"{"a":"\ud800"}"#, #"{"a":"\u0000"}"#]),
            ("data", [#"{"a":"\#(String(repeating: "x", count: 65_536))"}"#]),
        ]
        let bytes: [(String, [[UInt8]])] = [
            ("type", [[0xFF]]), ("subject", [[0x61, 0xC3], [0xED, 0xA0, 0x80]]), ("data", [[0x7B, 0x22, 0xFF]]),
        ]
        let wrong = texts.map { ($0.0, $0.1.map { Array($0.utf8) }) } + bytes
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            let right = Self.fields.map { ($0.0, Array($0.1.utf8)) }
            #expect(try isOurs(right, on: connection))
            for (name, values) in wrong {
                let place = try #require(right.firstIndex { $0.0 == name })
                #expect(try !isOurs(right.filter { $0.0 != name }, on: connection), "without \(name)")
                for value in values {
                    var changed = right
                    changed[place].1 = value
                    #expect(try !isOurs(changed, on: connection), "\(name): \(String(decoding: value, as: UTF8.self))")
                    // Of a name that comes twice the last counts.
                    #expect(try !isOurs(right + [changed[place]], on: connection))
                    #expect(try isOurs([changed[place]] + right, on: connection))
                }
            }
            // What another release may add, and a trace context that is none, harm nothing.
            for more in [("traceparent", Array(long.utf8)), ("traceparent", []), ("later", [0xFF]), ("", [])] {
                #expect(try isOurs(right + [more], on: connection))
            }
        }
    }

    @Test func aDeliveryOutlivesItsRead() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            let place = Partition("orders", 0)
            func entry(_ number: Int) -> Envelope {
                // One of more nodes than are kept, now and then.
                let more = #","more":[\#(String(repeating: "1,", count: 100))1]"#
                let data = #"{"order":"order-1","count":\#(number)\#(number % 7 == 0 ? more : "")}"#
                return Envelope(
                    id: .v7(),
                    source: "shop",
                    type: OrderCounted.type,
                    version: 1 + number % 3,
                    subject: "order-\(number % 5)",
                    time: Timestamp(milliseconds: 1_700_000_000_000 + Int64(number) * 700),
                    traceparent: number % 2 == 0 ? "00-\(number)" : nil,
                    data: Array(data.utf8)
                )
            }
            let envelopes = (0..<100).map(entry)
            for (index, envelope) in envelopes.enumerated() {
                let id = EntryID(milliseconds: 1_700_000_000_000, position: Int64(index + 1))
                try connection.execute(.append(envelope, as: id, to: "orders:0"))
            }
            func read() throws -> [Delivery] {
                try connection.send(RedisCommand("XRANGE", "orders:0", "-", "+"))
                return try connection.receive { reply, memory in
                    let entries = try DeliveredEntries(reply, of: place, source: "shop", in: memory)
                    return entries.rows.indices.map { Delivery(entries, $0) }
                }
            }
            let kept = try read()
            let last = try #require(try read().last)
            // Other replies of the same size and of other bytes come in between.
            for _ in 0..<3 { try connection.execute(RedisCommand("ECHO", String(repeating: "x", count: 60_000))) }
            #expect(try read() == kept)
            #expect(kept.map(\.envelope) == envelopes)
            #expect(kept.map(\.subject) == envelopes.map(\.subject))
            #expect(kept.map(\.traceparent) == envelopes.map(\.traceparent))
            #expect(kept.map(\.version) == envelopes.map(\.version))
            #expect(kept.map(\.time) == envelopes.map(\.time))
            #expect(try kept.decode(OrderCounted.self).map(\.count) == Array(0..<100))
            #expect(last == kept.last)
            #expect(Set(kept + [last]).count == 100)
        }
    }

    @Test func aSliceLendsTheEventsOfTheTypesThatAreWanted() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            for position in 1...6 {
                let envelope = Envelope(
                    id: .v7(),
                    source: "shop",
                    type: position % 3 == 0 ? "other" : OrderCounted.type,
                    version: 1,
                    subject: "order-1",
                    time: Timestamp(milliseconds: 1),
                    data: Array("{}".utf8)
                )
                try connection.execute(
                    .append(envelope, as: EntryID(milliseconds: 5, position: Int64(position)), to: "orders:0")
                )
            }
            try connection.send(RedisCommand("XRANGE", "orders:0", "-", "+"))
            let entries = try connection.receive { reply, memory in
                try DeliveredEntries(reply, of: Partition("orders", 0), source: "shop", in: memory)
            }
            var delivered = StreamRead()
            delivered.add(entries)
            func positions(_ slice: DeliveredSlice, of types: Set<EventType>) -> [Position] {
                var events: [Delivery] = []
                slice.append(ofTypes: types, to: &events)
                return events.map(\.entryID.position)
            }
            let rows = delivered.slice(.init(partition: Partition("orders", 0), positions: 2...6))
            let list = DeliveredSlice(entries.rows.indices.dropFirst().map { Delivery(entries, $0) })
            for slice in [rows, list] {
                #expect(slice.count == 5)
                #expect(slice.first?.entryID.position == 2)
                #expect(positions(slice, of: [OrderCounted.type]) == [2, 4, 5])
                #expect(positions(slice, of: [OrderCounted.type, "other"]) == [2, 3, 4, 5, 6])
                #expect(positions(slice.without([3, 4]), of: [OrderCounted.type, "other"]) == [2, 5, 6])
                var seen: [Position] = []
                let passed = slice.forEach(["other": "x"], until: { false }) { event, value in
                    #expect(value == "x")
                    seen.append(event.entryID.position)
                }
                #expect(passed.handled == 2 && passed.count == 5 && passed.endedAt == nil && seen == [3, 6])
                let first = slice.forEach(["other": "x"], until: { true }) { _, _ in }
                #expect(first.handled == 1 && first.count == 2 && first.endedAt == 3)
            }
            // What is asked for and was not delivered makes the slice shorter.
            #expect(delivered.slice(.init(partition: Partition("orders", 0), positions: 5...9)).count == 2)
            #expect(delivered.slice(.init(partition: Partition("orders", 0), positions: 7...9)).count == 0)
            #expect(delivered.slice(.init(partition: Partition("orders", 1), positions: 1...2)).count == 0)
        }
    }

    @Test func manyIDsAreWrittenAsOneIsWritten() async throws {
        try await withLocalRedis { redis in
            let connection = try RedisConnection(RedisConfiguration(url: redis.url))
            let numbers: [Int64] = [0, 1, 9, 10, 1_700_000_000_000, .max, .min]
            let ids = numbers.flatMap { ms in numbers.map { EntryID(milliseconds: ms, position: $0) } }
            var command = RedisCommand("RPUSH", "ids")
            command.append(ids)
            try connection.execute(command)
            let written = try connection.execute(RedisCommand("LRANGE", "ids", "0", "-1")) { reply in
                try reply.map { try $0.string() }
            }
            #expect(written == ids.map(\.description))
        }
    }
}

extension RedisCommand {
    /// `XADD key id` with the envelope's attributes as fields, always in the same order.
    fileprivate static func append(_ envelope: Envelope, as id: EntryID, to key: String) -> RedisCommand {
        var command = RedisCommand("XADD", key, id.description)
        command.append("specversion")
        command.append("1.0")
        command.append("id")
        command.append(envelope.id.text)
        command.append("source")
        command.append(envelope.source)
        command.append("type")
        command.append(envelope.type.rawValue)
        command.append("subject")
        command.append(envelope.subject)
        command.append("time")
        command.append(envelope.time.description)
        command.append("dataschema")
        command.append("\(envelope.type)/\(envelope.version)")
        if let traceparent = envelope.traceparent {
            command.append("traceparent")
            command.append(traceparent)
        }
        command.append("data")
        command.append(envelope.data)
        return command
    }
}
