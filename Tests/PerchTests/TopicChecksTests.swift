import Foundation
import Postgres
import StrictJSON
import Testing

@testable import Perch
@testable import PerchContract

/// What may be published: what is declared, and nothing else.
@Suite struct TopicChecksTests {
    private static let id = "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60"
    private static let sound = #"{"order_id":"\#(id)","status":"open","cents":5}"#

    private func violations(
        _ data: String = sound,
        type: EventType = "order_placed",
        version: Int = 1,
        key: String = id
    ) throws -> [String] {
        let topic = try #require(ContractFixture.contract().topic("orders"))
        return TopicChecks(topic).violations(type: type, version: version, key: key, data: Array(data.utf8))
            .map(\.description)
    }

    @Test func whatIsDeclaredMayBePublished() throws {
        #expect(try violations() == [])
        #expect(try violations(#"{"order_id":"\#(Self.id)"}"#, type: "order_cancelled") == [])
        // In any order, spaced, with escapes, and with more than is declared.
        let spelled =
            #" { "more" : [1, {"a": null}], "cents":5, "stat\u0075s" : "\u006fpen", "order_id":"\#(Self.id)" } "#
        #expect(try violations(spelled) == [])
    }

    @Test func anUndeclaredTypeOrVersionIsRefused() throws {
        let found = try violations(type: "order_placd")
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("expected an event type of topic orders, got `order_placd`"))
        #expect(found[0].contains("order_placed"))
        #expect(try violations(version: 3) == ["expected one of the versions 1, 2, got version 3"])
        #expect(try violations(version: 0) == ["expected one of the versions 1, 2, got version 0"])
        #expect(try violations(type: "order_cancelled", version: 2) == ["expected version 1, got version 2"])
        #expect(try violations(version: .max) == ["expected one of the versions 1, 2, got version \(Int.max)"])
    }

    @Test func aWrongFieldIsRefused() throws {
        func with(_ old: String, _ new: String) -> String { Self.sound.replacing(old, with: new) }
        #expect(try violations(with("5}", "101}")) == ["cents: expected 100 or less, got the integer 101"])
        #expect(try violations(with("5}", "-1}")) == ["cents: expected 0 or more, got the integer -1"])
        #expect(try violations(with("5}", "5.0}")) == ["cents: expected an integer, got the decimal 5.0"])
        #expect(try violations(with(#","cents":5"#, "")) == ["cents: expected an integer, got nothing"])
        #expect(try violations(with("open", "late")) == [#"status: expected one of open, paid, got "late""#])
        #expect(try violations(with("5}", #"5,"note":null}"#)) == ["note: expected a string, got null"])
        #expect(
            try violations(with("5}", #"5,"note":"żółwik"}"#)) == [
                #"note: expected at most 5 characters, got "żółwik""#
            ]
        )
        #expect(try violations(with("5}", #"5,"note":"żółw!"}"#)) == [])
        #expect(try violations(with("5}", #"5,"mail":"x"}"#)) == [#"mail: expected an email address, got "x""#])
        #expect(try violations("[]") == ["expected a JSON object, got an array"])
        #expect(try violations(#"{"cents":1,"cents":1}"#)[0].hasPrefix("expected one JSON object, got not valid JSON"))
        #expect(try violations(#"{"a":"\ud800"}"#)[0].hasPrefix("expected one JSON object, got not valid JSON"))
        let long = String(repeating: "x", count: 65_536)
        #expect(try violations(with("5}", #"5,"x":"\#(long)"}"#))[0].hasPrefix("expected at most 65536 bytes of data"))
    }

    @Test func theFieldThatIsTheKeyIsTheEventsKey() throws {
        #expect(try violations(key: "other-key") == ["order_id: expected the event's key, got \"\(Self.id)\""])
        #expect(try violations(key: Self.id.uppercased()) == ["order_id: expected the event's key, got \"\(Self.id)\""])
        // Where it is missing, that is what is told.
        #expect(try violations(#"{"status":"open","cents":5}"#, key: "")[0].hasPrefix("order_id: expected a UUID"))
    }

    @Test func aReaderIsUsedAgainAndAgain() throws {
        let checks = TopicChecks(try #require(ContractFixture.contract().topic("orders")))
        var reader = JSONReader()
        for round in 0..<3 {
            for (data, isSound) in [(Self.sound, true), ("{", false), (Self.sound.replacing("5}", with: "x}"), false)] {
                let found = Array(data.utf8).withUnsafeBytes { data in
                    Array(Self.id.utf8).withUnsafeBytes {
                        checks.violations(type: "order_placed", version: 1, key: $0, data: data, reader: &reader)
                    }
                }
                #expect(found.isEmpty == isSound, "round \(round): \(data)")
            }
        }
    }

    @Test func whatIsToldInPublicHoldsNoData() throws {
        let error = UndeclaredEvent(
            topic: "orders",
            type: "order_placed",
            version: 1,
            violations: TopicChecks(try #require(ContractFixture.contract().topic("orders"))).violations(
                type: "order_placed",
                version: 1,
                key: "secret-key",
                data: Array(#"{"order_id":"\#(Self.id)","status":"secret","cents":666}"#.utf8)
            )
        )
        #expect(
            error.description == """
                order_placed/1 is not as topic orders declares it: status: expected one of open, paid, got a string; \
                cents: expected 100 or less, got an integer; order_id: expected the event's key, got another
                """
        )
        #expect(error.fullDescription.contains(#"got "secret""#))
    }

    /// A consumer is older than its publisher while both are deployed: it reads what it knows, and skips the rest.
    @Test func aConsumerReadsANewerVersionAsTheNewestKnown() throws {
        struct Placed: Event {
            static let type: EventType = "order_placed"
            static let topic: TopicName = "orders"
            let orderID: String
            let cents: Int
            var version: Int { 1 }
            var key: String { orderID }
            enum CodingKeys: String, CodingKey { case orderID = "order_id", cents }
        }
        let data = #"{"order_id":"\#(Self.id)","status":"open","cents":5,"title":"t","vat":{"rate":21}}"#
        let delivery = Delivery(
            partition: Partition("orders", 0),
            entryID: EntryID(milliseconds: 1, position: 1),
            envelope: Envelope(
                id: .v7(),
                source: "shop",
                type: Placed.type,
                version: 99,
                subject: Self.id,
                time: .now,
                data: Array(data.utf8)
            )
        )
        let placed: Placed = try delivery.decode()
        #expect(placed.cents == 5)
        #expect(try ContractFixture.contract().validate(Array(data.utf8), type: Placed.type, version: 99) == [])
        // Published, it would have to be declared.
        #expect(try violations(data, version: 99) == ["expected one of the versions 1, 2, got version 99"])
    }
}

/// Events that write their fields by name are looked at on the way; the answer is the reader's.
@Suite struct FieldWriterChecksTests {
    private struct Order: Event {
        static let type: EventType = "order_placed"
        static let topic: TopicName = "orders"
        var id = UUID()
        var status = "open"
        var cents = 5
        var note: String?
        var gift: Bool?
        var weight: Double?
        var extra: Int?
        var isShuffled = false
        var version: Int { 1 }
        var key: String { id.uuidString.lowercased() }

        func write(to fields: inout EventFieldWriter) throws {
            if isShuffled { try fields.write("cents", cents) }
            try fields.write("order_id", id)
            try fields.write("status", status)
            if !isShuffled { try fields.write("cents", cents) }
            try fields.write("note", note)
            try fields.write("weight", weight)
            try fields.write("gift", gift)
            try fields.write("extra", extra)
        }
    }

    private func check(_ order: Order, key: String? = nil) throws -> (isSure: Bool, violations: [String]) {
        let topic = try #require(ContractFixture.contract().topic("orders"))
        let version = try #require(TopicChecks(topic).version(1, of: Order.type))
        var fields = EventFieldWriter()
        fields.begin()
        try order.write(to: &fields)
        var json: [UInt8] = []
        try fields.finish { json.append(contentsOf: $0) }
        var key = key ?? order.key
        return key.withUTF8 { key in
            let key = UnsafeRawBufferPointer(key)
            var reader = JSONReader()
            return (
                fields.isSurelyAsDeclared(by: version, key: key),
                json.withUnsafeBytes { version.violations(key: key, data: $0, reader: &reader) }.map(\.description)
            )
        }
    }

    @Test func whatIsSureIsRight() throws {
        for note in [nil, "", "x", "12345", "123456", "żółw!", "żółwik", "a\"b", "\n"] as [String?] {
            for status in ["open", "paid", "late", ""] {
                for cents in [-1, 0, 100, 101, .max, .min] {
                    for isShuffled in [false, true] {
                        let order = Order(status: status, cents: cents, note: note, gift: true, isShuffled: isShuffled)
                        let (isSure, violations) = try check(order)
                        #expect(!isSure || violations.isEmpty, "\(order)")
                    }
                }
            }
        }
        #expect(try !check(Order(), key: "other").isSure)
    }

    /// Or each event would be read again.
    @Test func whatIsPlainAndRightIsSure() throws {
        #expect(try check(Order()).isSure)
        #expect(try check(Order(cents: 100, note: "żółw!", gift: false, isShuffled: true)).isSure)
        // What is encoded, or not declared, is read.
        for order in [Order(weight: 1.5), Order(extra: 1), Order(note: "a\"b")] {
            let (isSure, violations) = try check(order)
            #expect(!isSure && violations.isEmpty)
        }
    }
}
