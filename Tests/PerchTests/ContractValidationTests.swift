import Testing

@testable import Perch

@Suite struct ContractValidationTests {
    static let id = "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60"

    /// The members of a sound event but for those given; an empty text leaves the member out.
    func violations(_ members: [String: String], version: Int = 1) throws -> [String] {
        var all = ["order_id": "\"\(Self.id)\"", "status": "\"open\"", "cents": "5"]
        all.merge(members) { $1 }
        let json = "{" + all.filter { !$0.value.isEmpty }.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        return try ContractFixture.contract().validate(Array(json.utf8), type: "order_placed", version: version)
            .map(\.description)
    }

    @Test func aSoundEventHasNoViolations() throws {
        #expect(try violations([:]) == [])
        #expect(
            try violations([
                "note": "\"żółw!\"", "day": "\"2024-02-29\"", "at": "\"2026-11-22T18:30:55.123Z\"", "mail": "\"a@b\"",
                "weight": "1.5e0", "gift": "false", "cents": "100", "other": "[null]",
            ]) == []
        )
    }

    @Test(arguments: [
        ("order_id", "", "order_id: expected a UUID such as 0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f, got nothing"),
        ("order_id", "\"x\"", "order_id: expected a UUID such as 0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f, got \"x\""),
        ("order_id", "\"0199c1d28b4c7d5e9f6a1b2c3d4e5f60\"", "order_id: expected a UUID"),
        ("order_id", "null", "order_id: expected a UUID"),
        ("status", "\"closed\"", "status: expected one of open, paid, got \"closed\""),
        ("status", "7", "status: expected one of open, paid, got the integer 7"),
        ("cents", "5.0", "cents: expected an integer, got the decimal 5.0"),
        ("cents", "5e0", "cents: expected an integer, got the decimal 5e0"),
        ("cents", "\"5\"", "cents: expected an integer, got \"5\""),
        ("cents", "-1", "cents: expected 0 or more, got the integer -1"),
        ("cents", "101", "cents: expected 100 or less, got the integer 101"),
        ("cents", "9223372036854775808", "cents: expected an integer of 64 bits"),
        ("note", "null", "note: expected a string, got null"),
        ("note", "\"\"", "note: expected at least 1 characters, got \"\""),
        ("note", "\"123456\"", "note: expected at most 5 characters"),
        ("note", "{}", "note: expected a string, got an object"),
        ("day", "\"2023-02-29\"", "day: expected a day such as 2026-11-22"),
        ("day", "\"2023-2-28\"", "day: expected a day"),
        ("at", "\"2026-11-22T18:30:55Z\"", "at: expected a time in UTC with milliseconds"),
        ("at", "\"2026-11-22T24:30:55.123Z\"", "at: expected a time in UTC"),
        ("at", "\"2026-11-22T18:30:55.123+00\"", "at: expected a time in UTC"),
        ("mail", "\"a b@c\"", "mail: expected an email address"),
        ("mail", "\"a@b@c\"", "mail: expected an email address"),
        ("mail", "\"@c\"", "mail: expected an email address"),
        ("weight", "2.5", "weight: expected 2 or less, got the decimal 2.5"),
        ("weight", "true", "weight: expected a number, got true"),
        ("gift", "0", "gift: expected true or false, got the integer 0"),
    ])
    func aWrongFieldIsToldWithWhatIsExpected(_ field: String, _ value: String, _ expected: String) throws {
        let found = try violations([field: value])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "got \(found)")
    }

    @Test func aVersionNewerThanKnownIsCheckedAsTheNewestKnown() throws {
        #expect(try violations([:], version: 9) == ["title: expected a string, got nothing"])
        #expect(try violations(["title": "\"x\"", "later": "1"], version: 9) == [])
        #expect(try violations([:], version: 0) == ["expected version 1 or newer, got 0"])
    }

    @Test func whatIsNotOneUnambiguousObjectIsRefused() throws {
        let contract = try ContractFixture.contract()
        for (json, got) in [
            ("[]", "expected a JSON object, got an array"),
            ("{", "expected one JSON object, got not valid JSON at byte 1: expected a key in quotes, found the end"),
            ("{\"order_id\": \"\(Self.id)\", \"order_id\": \"\(Self.id)\"}", "a key for the second time"),
            ("", "expected a value, found the end of the text"),
        ] {
            let found = contract.validate(Array(json.utf8), type: "order_cancelled", version: 1)
            #expect(found.count == 1)
            #expect(found.first?.description.contains(got) == true, "got \(found)")
        }
    }

    @Test func anUnknownTypeIsToldWithTheNearestOne() throws {
        let found = try ContractFixture.contract().validate(Array("{}".utf8), type: "order_canceled", version: 1)
        #expect(
            found.map(\.description) == [
                "expected a declared event type, got `order_canceled`; did you mean `order_cancelled`?"
            ]
        )
    }
}
