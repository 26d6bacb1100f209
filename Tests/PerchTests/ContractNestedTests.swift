import Testing

@testable import Perch

/// Arrays and objects in events: an order and its lines.
@Suite struct ContractNestedTests {
    private static let fields = """
                        order_id: {type: string}
                        lines:
                          type: array
                          minItems: 1
                          maxItems: 3
                          items:
                            type: object
                            fields:
                              sku: {type: string, maxLength: 8}
                              cents: {type: integer, minimum: 1}
                              tags: {type: array, required: false, items: {type: string, enum: [new, sale]}}
                        address:
                          type: object
                          required: false
                          fields:
                            city: {type: string}
        """

    private static func text(_ versions: String...) -> String {
        """
        owner: shop
        key: order_id
        partitions: 4
        retention: {age: 7d}
        archive: forever
        groups: [billing]
        events:
          order_placed:
            versions:

        """
            + versions.enumerated().map { index, fields in
                "      \(index + 1):\n        fields:\n"
                    + fields.split(separator: "\n").map { "  \($0)\n" }.joined()
            }.joined()
    }

    private static func contract(_ versions: String..., isChecked: Bool = true) throws -> Contract {
        switch versions.count {
        case 1: try ContractFixture.load(text(versions[0]), isChecked: isChecked)
        default: try ContractFixture.load(text(versions[0], versions[1]), isChecked: isChecked)
        }
    }

    private func problems(_ changes: (String, String)...) -> [String] {
        let text = changes.reduce(Self.text(Self.fields)) { $0.replacing($1.0, with: $1.1) }
        do {
            _ = try ContractFixture.load(text)
            return []
        } catch {
            return error.problems.map { "\($0.path): \($0.message)" }
        }
    }

    // MARK: Declaring

    @Test func anArrayOfObjectsIsDeclared() throws {
        let version = try #require(Self.contract(Self.fields).event("order_placed")?.newest)
        let lines = try #require(version.field("lines"))
        #expect(lines.kind == "array of object")
        #expect((lines.minItems, lines.maxItems) == (1, 3))
        #expect(lines.items?.fields.map(\.name) == ["sku", "cents", "tags"])
        #expect(lines.items?.field("tags")?.items?.allowed == ["new", "sale"])
        #expect(version.field("address")?.field("city")?.type == .string)
    }

    @Test(arguments: [
        ("minItems: 1", "minItems: 4", "fields.lines.minItems: expected at most maxItems 3, got 4"),
        ("maxItems: 3", "maxItems: -1", "fields.lines.maxItems: expected 0 or more, got -1"),
        (
            "sku: {type: string, maxLength: 8}", "sku: {type: string, maxItems: 8}",
            "items.fields.sku.maxItems: only an array"
        ),
        ("sku: {type", "Sku: {type", "items.fields.Sku: expected a name in snake_case"),
        (
            "type: object\n                      fields:", "type: object\n                      felds:",
            "one of description"
        ),
        ("items: {type: string, enum: [new, sale]}", "maxItems: 3", "tags.items: expected a value, got nothing"),
        ("city: {type: string}", "city: {type: string, items: {type: string}}", "items of an array only"),
        ("city: {type: string}", "city: {type: integer, fields: {}}", "fields of an object only"),
        (
            "items: {type: string, enum: [new, sale]}", "items: {type: string, required: false}",
            "items.required: expected an element"
        ),
        ("items: {type: string, enum: [new, sale]}", "items: {type: text}", "tags.items.type: expected one of string"),
    ])
    func aWrongDeclarationIsToldWithItsPlace(_ old: String, _ new: String, _ expected: String) throws {
        let found = problems((old, new))
        #expect(found.contains { $0.contains(expected) }, "got \(found)")
    }

    /// As an enum's case without values is.
    @Test func anObjectMayHaveNoFields() {
        #expect(problems(("city: {type: string}", "city: {type: object, fields: {}}")) == [])
    }

    @Test func nestingIsBounded() throws {
        func nested(_ depth: Int) -> String {
            (0..<depth).reduce("{type: string}") { inner, _ in "{type: array, items: \(inner)}" }
        }
        #expect(problems(("city: {type: string}", "city: \(nested(Field.depthLimit - 1))")) == [])
        let found = problems(("city: {type: string}", "city: \(nested(Field.depthLimit))"))
        #expect(found.contains { $0.contains("at most 8 deep") }, "got \(found)")
        // However deep it goes on: a file that is hostile is an error and no crash.
        #expect(!problems(("city: {type: string}", "city: \(nested(500))")).isEmpty)
    }

    // MARK: Checking

    private func violations(_ json: String) throws -> [String] {
        try Self.contract(Self.fields).validate(Array(json.utf8), type: "order_placed", version: 1).map(\.description)
    }

    @Test func whatIsAsDeclaredHasNoViolations() throws {
        #expect(try violations(#"{"order_id":"1","lines":[{"sku":"a","cents":1}]}"#) == [])
        let all =
            #"{"order_id":"1","lines":[{"cents":9,"sku":"a","tags":["new","sale"],"x":[{}]},{"sku":"","cents":2}],"#
        #expect(try violations(all + #""address":{"city":"Brno","zip":null}}"#) == [])
    }

    @Test(arguments: [
        (#"[]"#, "lines: expected at least 1 elements, got 0"),
        (
            #"[{"sku":"a","cents":1},{"sku":"a","cents":1},{"sku":"a","cents":1},{"sku":"a","cents":1}]"#,
            "lines: expected at most 3 elements, got 4"
        ),
        (#"{"sku":"a","cents":1}"#, "lines: expected an array, got an object"),
        (#"[{"sku":"a","cents":1},7]"#, "lines[1]: expected an object, got the integer 7"),
        (#"[null]"#, "lines[0]: expected an object, got null"),
        (#"[{"sku":"a"}]"#, "lines[0].cents: expected an integer, got nothing"),
        (#"[{"sku":"a","cents":0}]"#, "lines[0].cents: expected 1 or more, got the integer 0"),
        (#"[{"sku":"123456789","cents":1}]"#, #"lines[0].sku: expected at most 8 characters, got "123456789""#),
        (
            #"[{"sku":"a","cents":1},{"sku":"a","cents":1,"tags":["new","old"]}]"#,
            #"lines[1].tags[1]: expected one of new, sale, got "old""#
        ),
        (#"[{"sku":"a","cents":1,"tags":"new"}]"#, #"lines[0].tags: expected an array, got "new""#),
    ])
    func aViolationTellsItsPlace(_ lines: String, _ expected: String) throws {
        #expect(try violations(#"{"order_id":"1","lines":\#(lines)}"#) == [expected])
    }

    @Test func allViolationsAreTold() throws {
        let json = #"{"order_id":7,"lines":[{"cents":0},{"sku":1,"cents":1}],"address":{}}"#
        #expect(
            try violations(json) == [
                "order_id: expected a string, got the integer 7", "lines[0].sku: expected a string, got nothing",
                "lines[0].cents: expected 1 or more, got the integer 0",
                "lines[1].sku: expected a string, got the integer 1", "address.city: expected a string, got nothing",
            ]
        )
    }

    // MARK: Swift types

    struct OrderPlaced: Event, Hashable {
        struct Line: Codable, Hashable {
            var sku: String
            var cents: Int
            var tags: [String]?
        }
        struct Address: Codable, Hashable { var city: String }

        static let type: EventType = "order_placed"
        static let topic: TopicName = "orders"
        var orderID = "1"
        var lines: [Line]
        var address: Address?
        var version: Int { 1 }
        var key: String { orderID }
        enum CodingKeys: String, CodingKey { case orderID = "order_id", lines, address }
    }

    @Test func aSwiftTypeOfStructsIsWrittenAndReadAsDeclared() throws {
        let event = OrderPlaced(
            lines: [.init(sku: "a", cents: 5), .init(sku: "b", cents: 6, tags: ["new"])],
            address: .init(city: "Brno")
        )
        let json = try EventCoding.encode(event)
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"order_id":"1","lines":[{"sku":"a","cents":5},{"sku":"b","cents":6,"tags":["new"]}],"address":{"city":"Brno"}}"#
        )
        #expect(try violations(String(decoding: json, as: UTF8.self)) == [])
        #expect(try EventCoding.decode(OrderPlaced.self, from: json) == event)
    }

    // MARK: Changing

    private func changes(_ old: String, _ new: String) throws -> (refused: [String], cautions: [String]) {
        let before = try Self.contract(Self.fields)
        let after = try Self.contract(Self.fields.replacing(old, with: new), isChecked: false)
        func told(_ found: [Incompatibility]) -> [String] {
            found.map { "\($0.code.rawValue) \($0.path.replacing("events.order_placed.versions.1.fields.", with: ""))" }
        }
        return (told(after.incompatibilities(from: before)), told(after.cautions(from: before)))
    }

    @Test(arguments: [
        (
            "sku: {type: string, maxLength: 8}", "code: {type: string, maxLength: 8}",
            ["fieldRemoved lines.items.fields.sku", "requiredFieldAdded lines.items.fields.code"]
        ),
        (
            "cents: {type: integer, minimum: 1}", "cents: {type: number, minimum: 1}",
            ["typeChanged lines.items.fields.cents.type"]
        ),
        (
            "cents: {type: integer, minimum: 1}", "cents: {type: integer, minimum: 2}",
            ["limitNarrowed lines.items.fields.cents.minimum"]
        ),
        (
            "cents: {type: integer, minimum: 1}", "cents: {type: integer, minimum: 1, required: false}",
            ["requiredChanged lines.items.fields.cents.required"]
        ),
        ("enum: [new, sale]", "enum: [new]", ["enumNarrowed lines.items.fields.tags.items.enum"]),
        ("maxItems: 3", "maxItems: 2", ["limitNarrowed lines.maxItems"]),
        ("minItems: 1", "minItems: 2", ["limitNarrowed lines.minItems"]),
        (
            "city: {type: string}", "city: {type: string}\n                    zip: {type: string}",
            ["requiredFieldAdded address.fields.zip"]
        ),
    ])
    func whatBreaksOthersWithinAFieldIsRefused(_ old: String, _ new: String, _ codes: [String]) throws {
        let found = try changes(old, new)
        #expect(found.refused == codes)
        #expect(found.cautions.isEmpty)
    }

    @Test(arguments: [
        ("enum: [new, sale]", "enum: [new, sale, old]", ["enumWidened lines.items.fields.tags.items.enum"]),
        ("maxItems: 3", "maxItems: 4", ["limitWidened lines.maxItems"]),
        ("minItems: 1", "minItems: 0", ["limitWidened lines.minItems"]),
        ("city: {type: string}", "city: {type: string}\n                    zip: {type: string, required: false}", []),
    ])
    func whatWidensAFieldIsACautionAtMost(_ old: String, _ new: String, _ codes: [String]) throws {
        let found = try changes(old, new)
        #expect(found.refused.isEmpty)
        #expect(found.cautions == codes)
    }

    /// A consumer of version 1 skips what it does not know, within objects too.
    @Test func aNewVersionMayAddFieldsToAnObject() throws {
        let second = Self.fields.replacing(
            "city: {type: string}",
            with: "city: {type: string}\n                    zip: {type: string}"
        )
        .replacing(
            "cents: {type: integer, minimum: 1}",
            with: "cents: {type: integer, minimum: 1}\n                      vat: {type: integer}"
        )
        let contract = try Self.contract(Self.fields, second)
        #expect(try contract.incompatibilities(from: Self.contract(Self.fields)).isEmpty)
        #expect(throws: ContractError.self) {
            try Self.contract(Self.fields, Self.fields.replacing("city: {type: string}", with: "town: {type: string}"))
        }
        #expect(throws: ContractError.self) {
            try Self.contract(Self.fields, Self.fields.replacing("maxItems: 3", with: "maxItems: 4"))
        }
    }
}
