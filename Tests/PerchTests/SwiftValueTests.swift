import Foundation
import Postgres
import StrictJSON
import Testing

@testable import Perch

/// What a Swift value becomes in the data of an event, both ways, by `Codable` and by field.
@Suite struct SwiftValueTests {
    /// An event of one field.
    private struct Holding<Value: Codable & Sendable & Equatable>: Event, Equatable {
        static var type: EventType { "held" }
        static var topic: TopicName { "samples" }
        var value: Value
        var version: Int { 1 }
        var key: String { "1" }
    }

    /// The same, by field.
    private struct Writing<Value: Codable & Sendable & Equatable>: Event, Equatable {
        static var type: EventType { "held" }
        static var topic: TopicName { "samples" }
        var value: Value
        var version: Int { 1 }
        var key: String { "1" }

        init(value: Value) { self.value = value }
        init(reading fields: borrowing EventFields) throws { value = try fields["value"] }
        func write(to fields: inout EventFieldWriter) throws { try fields.write("value", value) }
    }

    private func text(_ event: some Event) throws -> String {
        String(decoding: try EventCoding.encode(event), as: UTF8.self)
    }

    /// That a value becomes this JSON, alone, in an array, in a dictionary and as an optional, and is read back as it was.
    private func expect<Value: Codable & Sendable & Equatable>(_ value: Value, is json: String) throws {
        #expect(try text(Holding(value: value)) == #"{"value":\#(json)}"#)
        #expect(try text(Writing(value: value)) == #"{"value":\#(json)}"#)
        #expect(try text(Holding(value: [value, value])) == #"{"value":[\#(json),\#(json)]}"#)
        #expect(try text(Writing(value: ["a": value])) == #"{"value":{"a":\#(json)}}"#)
        #expect(try text(Holding(value: Value?.some(value))) == #"{"value":\#(json)}"#)
        #expect(try read(Holding<Value>.self, #"{"value":\#(json)}"#).value == value)
        #expect(try read(Writing<Value>.self, #"{"value":\#(json)}"#).value == value)
        #expect(try read(Holding<[Value?]>.self, #"{"value":[\#(json)]}"#).value == [value])
        #expect(try read(Holding<Value?>.self, #"{"value":null}"#).value == nil)
        #expect(try read(Holding<Value?>.self, "{}").value == nil)
        // Filled out of order, it is encoded by another way.
        #expect(try text(Twice(value: value)) == #"{"value":\#(json),"inner":{"value":\#(json)}}"#)
    }

    /// Encodes a nested container beside a value.
    private struct Twice<Value: Codable & Sendable>: Event {
        static var type: EventType { "held" }
        static var topic: TopicName { "samples" }
        var value: Value
        var version: Int { 1 }
        var key: String { "1" }
        enum Keys: String, CodingKey { case value, inner }

        init(value: Value) { self.value = value }
        init(from decoder: any Decoder) throws {
            value = try decoder.container(keyedBy: Keys.self).decode(Value.self, forKey: .value)
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(value, forKey: .value)
            var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
            try inner.encode(value, forKey: .value)
        }
    }

    private func read<E: Event>(_ type: E.Type, _ json: String) throws -> E {
        try EventCoding.decode(type, from: Array(json.utf8))
    }

    private func refusal(_ event: some Event) -> String? {
        do {
            _ = try EventCoding.encode(event)
            return nil
        } catch EncodingError.invalidValue(_, let context) {
            return context.codingPath.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription
        } catch {
            return "\(error)"
        }
    }

    private func refusal<E: Event>(_ type: E.Type, _ json: String) -> String? {
        do {
            _ = try read(type, json)
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: Times

    @Test func aDateIsItsTimeInUTCWithMilliseconds() throws {
        try expect(Date(timeIntervalSince1970: 1_795_372_255.123), is: #""2026-11-22T18:30:55.123Z""#)
        try expect(Date(timeIntervalSince1970: 0), is: #""1970-01-01T00:00:00.000Z""#)
        try expect(Date(timeIntervalSince1970: -0.001), is: #""1969-12-31T23:59:59.999Z""#)
        #expect(try text(Holding(value: Date(timeIntervalSince1970: 0.0006))).contains("00.001Z"))
        for _ in 0..<1000 {
            let time = Timestamp(milliseconds: .random(in: -62_167_219_200_000..<253_402_300_800_000))
            let json = #"{"value":"\#(time)"}"#
            #expect(try text(read(Holding<Date>.self, json)) == json)
        }
    }

    @Test func aDateThatIsNoTimeIsRefused() throws {
        for seconds in [Double.nan, .infinity, -.infinity, 1e300, 253_402_300_800, -62_167_219_201] {
            for found in [
                refusal(Holding(value: Date(timeIntervalSince1970: seconds))),
                refusal(Writing(value: Date(timeIntervalSince1970: seconds))),
            ] { #expect(found == "value: a date outside the years 0 to 9999") }
        }
        for wrong in [
            "721692800.5", #""2026-11-22""#, #""2026-11-22T18:30:55Z""#, #""2026-11-22T19:30:55.123+01:00""#,
            #""2026-02-29T18:30:55.123Z""#, "\"\"",
        ] {
            let found = refusal(Holding<Date>.self, #"{"value":\#(wrong)}"#)
            #expect(found?.hasPrefix("held cannot be read: value: expected a time in UTC with milliseconds") == true)
        }
    }

    @Test func aTimestampAndACalendarDateOutsideTheYearsAreRefused() throws {
        try expect(Timestamp(milliseconds: 1_795_372_255_123), is: #""2026-11-22T18:30:55.123Z""#)
        #expect(refusal(Holding(value: Timestamp(milliseconds: 253_402_300_800_000)))?.contains("years") == true)
        #expect(refusal(Holding(value: Timestamp(milliseconds: .min)))?.contains("years") == true)
        let day = try #require(CalendarDate(year: 10_000, month: 1, day: 1))
        #expect(refusal(Holding(value: day))?.contains("years") == true)
    }

    @Test func aDurationHasNoForm() throws {
        #expect(refusal(Holding(value: Duration.seconds(1)))?.contains("Duration has no form in JSON") == true)
        #expect(refusal(Writing(value: Duration.seconds(1)))?.contains("Duration has no form in JSON") == true)
        #expect(refusal(Holding<Duration>.self, #"{"value":[0,1]}"#)?.contains("no form in JSON") == true)
    }

    // MARK: Numbers

    @Test func aDecimalIsItsDigits() throws {
        func decimal(_ text: String) throws -> Decimal { try #require(Decimal(string: text)) }
        try expect(decimal("12.5"), is: "12.5")
        try expect(decimal("-0.05"), is: "-0.05")
        try expect(decimal("0"), is: "0")
        try expect(decimal("100"), is: "100")
        try expect(decimal("0.1") + decimal("0.2"), is: "0.3")
        try expect(decimal("12345678901234567890123456789.123456789"), is: "12345678901234567890123456789.123456789")
        for (json, value) in [("1.5e3", "1500"), ("15E-1", "1.5"), ("1e2", "100"), ("0.0", "0"), ("-1.50", "-1.5")] {
            #expect(try read(Holding<Decimal>.self, #"{"value":\#(json)}"#).value == decimal(value))
        }
    }

    @Test func aDecimalThatIsNoNumberOrHasTooManyDigitsIsRefused() throws {
        #expect(refusal(Holding(value: Decimal.nan)) == "value: JSON has no number for NaN")
        let digits = String(repeating: "7", count: 39)
        for wrong in [digits, "0." + digits, "1e200", "1e-200", #""12.5""#, "true", #"{"exponent":-1}"#] {
            let found = refusal(Holding<Decimal>.self, #"{"value":\#(wrong)}"#)
            #expect(
                found?.contains("value: expected a number of at most 38 digits") == true,
                "\(wrong): \(found ?? "")"
            )
        }
    }

    @Test func aFloatIsTheShortestNumberThatIsReadAsIt() throws {
        try expect(Float(0.1), is: "0.1")
        try expect(Float(16_777_216), is: "16777216.0")
        try expect(0.1, is: "0.1")
        #expect(refusal(Holding(value: Float.nan)) == "value: JSON has no number for nan")
        #expect(refusal(Writing(value: Double.infinity)) == "value: JSON has no number for inf")
        #expect(refusal(Holding<Float>.self, #"{"value":1e200}"#)?.contains("a number that Float can hold") == true)
    }

    // MARK: Texts

    @Test func dataIsBase64() throws {
        try expect(Data([0, 1, 250, 255]), is: #""AAH6/w==""#)
        try expect(Data(), is: #""""#)
        for wrong in ["[1,2]", #""AAH6/w""#, #""AAH6_w==""#, #""AAH6 /w==""#, "7"] {
            let found = refusal(Holding<Data>.self, #"{"value":\#(wrong)}"#)
            #expect(found?.contains("value: expected a string in base64") == true, "\(wrong): \(found ?? "")")
        }
    }

    @Test func aURLIsItsText() throws {
        try expect(
            try #require(URL(string: "https://popug.example/a%20b?c=d#e")),
            is: #""https://popug.example/a%20b?c=d#e""#
        )
        #expect(refusal(Holding<URL>.self, #"{"value":{"relative":"x"}}"#)?.contains("expected a URL") == true)
        #expect(refusal(Holding<URL>.self, #"{"value":""}"#)?.contains("expected a URL") == true)
    }

    private enum Mood: String, Codable { case good, bad }
    private enum Level: Int, Codable { case low = 1, high }
    private enum Payment: Codable, Equatable { case card(last: String), cash }

    @Test func anEnumIsItsRawValueOrAnObjectOfItsCase() throws {
        try expect(Mood.good, is: #""good""#)
        try expect(Level.high, is: "2")
        try expect(Payment.card(last: "4242"), is: #"{"card":{"last":"4242"}}"#)
        try expect(Payment.cash, is: #"{"cash":{}}"#)
    }

    // MARK: Nothing

    private struct Optionals: Event, Equatable {
        static let type: EventType = "held"
        static let topic: TopicName = "samples"
        var note: String??
        var date: Date??
        var deep: Int???
        var last = 1
        var version: Int { 1 }
        var key: String { "1" }
    }

    @Test func anOptionalWithinAnOptionalIsLeftOut() throws {
        #expect(try text(Optionals(note: .some(nil), date: .some(nil), deep: .some(.some(nil)))) == #"{"last":1}"#)
        #expect(try text(Optionals(note: .some(nil))) == #"{"last":1}"#)
        #expect(
            try text(Optionals(note: "x", date: Date(timeIntervalSince1970: 0), deep: 7))
                == #"{"note":"x","date":"1970-01-01T00:00:00.000Z","deep":7,"last":1}"#
        )
        #expect(try text(Writing(value: String??.some(nil))) == "{}")
        #expect(try text(Holding(value: ["a": Int?.none, "b": 1])).filter { $0 != " " } == #"{"value":{"b":1}}"#)
        #expect(try text(Twice(value: String??.some(nil))) == #"{"inner":{}}"#)
    }

    /// Left out, it would move those behind it.
    @Test func anElementThatIsNilIsRefused() throws {
        for found in [
            refusal(Holding(value: [1, nil, 3])), refusal(Writing(value: [1, nil, 3])),
            refusal(Twice(value: [1, nil])),
        ] {
            #expect(
                found?.hasSuffix("value.1: an element of an array is nil; an event has no null") == true,
                "\(found ?? "")"
            )
        }
        #expect(refusal(Holding(value: [String??.some(nil)]))?.contains("an event has no null") == true)
        // Elsewhere than in events there is null.
        #expect(String(decoding: try JSONCoding.encode([1, nil, 3]), as: UTF8.self) == "[1,null,3]")
        #expect(String(decoding: try JSONCoding.encode(["a": Int??.some(nil)]), as: UTF8.self) == #"{"a":null}"#)
    }
}
