import Foundation
import Testing

@testable import Perch

@Suite struct ContractLoadingTests {
    @Test func textsAreTheContractThatAFolderOfThemIs() throws {
        let contract = try Contract.load(texts: ["orders": ContractFixture.orders])
        try ContractFixture.withFolder(["orders.yaml": ContractFixture.orders]) { folder in
            let loaded = try Contract.load(directory: folder)
            #expect(contract == loaded)
        }
        #expect(try Contract.load(texts: [:]).topics.isEmpty)
    }

    @Test func whatIsWrongInATextIsNamedByItsTopic() throws {
        let wrong = ContractFixture.orders.replacingOccurrences(of: "partitions: 4", with: "partitions: 0")
        let error = #expect(throws: ContractError.self) {
            try Contract.load(texts: ["orders": wrong])
        }
        #expect(error?.code == .invalid)
        let problems = error?.problems.map(\.description) ?? []
        #expect(problems.count == 1)
        let problem = try #require(problems.first)
        #expect(problem.hasPrefix("orders.yaml:") && problem.contains("partitions: expected 1 to 1024"), "\(problem)")
    }

    @Test func aFolderOfFilesIsAContract() throws {
        try ContractFixture.withFolder(["orders.yaml": ContractFixture.orders, "README.md": "# not a topic"]) {
            folder in
            let contract = try Contract.load(directory: folder)
            #expect(contract.topics.map(\.name) == ["orders"])
            let orders = try #require(contract.topic("orders"))
            #expect(orders.owner == "shop")
            #expect(orders.key == "order_id")
            #expect(orders.partitions == 4)
            #expect(orders.retention == Retention(age: .seconds(7 * 86400), entries: 1000))
            #expect(orders.archive == Archive(age: nil))
            #expect(orders.groups == ["billing"])
            #expect(orders.events.map(\.type) == ["order_placed", "order_cancelled"])
            #expect(contract.topic(of: "order_cancelled")?.name == "orders")
            let placed = try #require(contract.event("order_placed"))
            #expect(placed.versions.map(\.number) == [1, 2])
            #expect(
                placed.version(1)?.field("cents") == Field(name: "cents", type: .integer, minimum: 0, maximum: 100)
            )
            #expect(placed.version(7)?.number == 2)
            #expect(placed.version(0) == nil)
        }
    }

    @Test(arguments: [
        ("owner: shop", "owmer: shop", "orders.yaml:1:1: expected one of", "got `owmer`; did you mean `owner`?"),
        ("owner: shop\n", "", "orders.yaml:1:1: owner: expected a value", "got nothing: it is required"),
        ("partitions: 4", "partitions: four", "orders.yaml:3:13: partitions: expected a whole number", "got `four`"),
        ("partitions: 4", "partitions: 0", "orders.yaml:3:13: partitions: expected 1 to 1024", "got 0"),
        ("age: 7d", "age: 7 days", "orders.yaml:4:18: retention.age: expected a number with its unit", "got `7 days`"),
        ("entries: 1000", "entries: 0", "orders.yaml:4:31: retention.entries: expected 1 or more", "got `0`"),
        ("{age: 7d, entries: 1000}", "{}", "retention: expected `forever`, or limits", "got a mapping"),
        ("{age: 7d, entries: 1000}", "7d", "retention: expected `forever`, or limits", "got `7d`"),
        (
            "archive: forever", "archive: always", "archive: expected `forever`, or a number with its unit",
            "got `always`"
        ),
        ("archive: forever", "archive: 3d", "orders.yaml:5:10: archive:", "at least as long as the stream"),
        ("[billing]", "[billing, yes]", "groups[1]: expected a string, in quotes if need be", "got `yes`"),
        ("[billing]", "[billing, billing]", "groups[1]: the group `billing`", "second time"),
        ("[billing]", "Billing", "groups: expected a list of strings", "got `Billing`"),
        ("[billing]", "[Billing]", "groups[0]: expected lowercase words", "got `Billing`"),
        (
            "format: uuid", "format: uid", "fields.order_id.format: expected one of uuid, date-time",
            "did you mean `uuid`?"
        ),
        ("type: boolean", "type: bool", "fields.gift.type: expected one of string, integer", "got `bool`"),
        (
            "title: {type: string}", "title: {type: string, private: yes please}",
            "orders.yaml:32:42: events.order_placed.versions.2.fields.title.private: expected true or false",
            "`yes please`"
        ),
        ("type: boolean", "type: boolean, private: 1", "fields.gift.private: expected true or false", "got `1`"),
        ("type: boolean", "type: boolean, privat: true", "fields.gift: expected one of", "did you mean `private`?"),
        ("maxLength: 5", "max_length: 5", "fields.note: expected one of", "did you mean `maxLength`?"),
        ("maxLength: 5", "maxLength: 0", "fields.note.minLength: expected at most maxLength 0", "got 1"),
        (
            "minimum: 0, maximum: 100", "minimum: 9, maximum: 8", "cents.minimum: expected at most the maximum 8",
            "got 9"
        ),
        ("type: number, ", "type: number, format: date, ", "weight.format: only a string has a format", "number"),
        ("enum: [open, paid]", "enum: []", "status.enum: expected at least one value", "none"),
        ("status:", "orderStatus:", "expected a name in snake_case", "got `orderStatus`"),
        ("order_cancelled:", "order-cancelled:", "expected a name in snake_case", "got `order-cancelled`"),
        ("      2:\n", "      3:\n", "orders.yaml:21:7: events.order_placed.versions.3: expected version 2", "got 3"),
        ("      2:\n", "      two:\n", "expected the number of a version, 1 to 2147483647, as the key", "got `two`"),
        ("      2:\n", "      0:\n", "expected the number of a version, 1 to 2147483647, as the key", "got `0`"),
        ("      2:\n", "      2147483648:\n", "expected the number of a version, 1 to 2147483647", "got `2147483648`"),
        ("key: order_id", "key: orderid", "expected the topic's key `orderid` among the fields", "mean `order_id`?"),
        ("key: order_id", "key: note", "fields.note: expected the topic's key", "to be a required string"),
        ("partitions: 4\n", "partitions: 4\npartitions: 5\n", "expected every key once", "`partitions` again"),
        ("groups: [", "groups: [[", "orders.yaml:7:1: not valid YAML", "did not find expected"),
    ])
    func aMistakeIsToldWithItsPlaceAndWhatWasExpected(_ old: String, _ new: String, _ place: String, _ got: String) {
        let text = ContractFixture.changed([(old, new)])
        let error = #expect(throws: ContractError.self) { try ContractFixture.load(text) }
        #expect(error?.code == .invalid)
        let isTold = error?.problems.contains { "\($0)".contains(place) && "\($0)".contains(got) }
        #expect(isTold == true, "got \(error?.description ?? "nothing")")
    }

    @Test func aFieldIsPrivateWhereItSaysSoAndAlsoWithinAnother() throws {
        let contract = try ContractFixture.load(
            ContractFixture.changed([
                (
                    "          title: {type: string}",
                    """
                              title: {type: string, private: true}
                              notes: {type: array, items: {type: object, fields: {by: {type: string, private: true}, at: {type: string}}}}
                    """
                ), ("note: {type: string", "note: {private: false, type: string"),
            ])
        )
        let fields = try #require(contract.event("order_placed")?.newest?.fields)
        #expect(fields.filter(\.isPrivate).map(\.name) == ["title"])
        #expect(fields.first { $0.name == "notes" }?.items?.fields.map(\.isPrivate) == [true, false])
    }

    @Test func whatIsPrivateInOneVersionNeedsNotBeSoInTheNext() throws {
        let text = ContractFixture.orders
        let first = try #require(text.range(of: "gift: {type: boolean, required: false}"))
        let contract = try ContractFixture.load(
            text.replacingCharacters(in: first, with: "gift: {type: boolean, required: false, private: true}")
        )
        #expect(contract.event("order_placed")?.versions.map { $0.field("gift")?.isPrivate } == [true, false])
    }

    @Test func allMistakesAreToldAtOnce() {
        let text = ContractFixture.changed([("owner: shop", "owner: [shop]"), ("partitions: 4", "partitions: x")])
        let error = #expect(throws: ContractError.self) { try ContractFixture.load(text) }
        #expect(error?.problems.map(\.path) == ["owner", "partitions"])
    }

    @Test func aVersionMustRepeatTheOneBefore() throws {
        var text = ContractFixture.orders
        let second = try #require(text.range(of: "      2:")).lowerBound
        text.replaceSubrange(
            second...,
            with: text[second...].replacingOccurrences(of: "[open, paid]", with: "[open, paid, late]")
                .replacingOccurrences(of: "          gift: {type: boolean, required: false}\n", with: "")
        )
        let error = #expect(throws: ContractError.self) { try ContractFixture.load(text) }
        #expect(
            error?.problems.map(\.path) == [
                "events.order_placed.versions.2.fields.status", "events.order_placed.versions.2.fields.gift",
            ]
        )
    }

    @Test func anEventBelongsToOneTopic() {
        let error = #expect(throws: ContractError.self) {
            try ContractFixture.load(ContractFixture.orders, ContractFixture.orders)
        }
        #expect(error?.problems.count == 2)
        #expect(error?.problems.first?.description.contains("declared in the topic orders too") == true)
    }

    @Test func aFileWithTheWrongSuffixIsNotPassedOver() throws {
        try ContractFixture.withFolder(["orders.yml": ContractFixture.orders]) { folder in
            let error = #expect(throws: ContractError.self) { try Contract.load(directory: folder) }
            #expect(error?.description.contains("orders.yml: expected a name that ends in .yaml") == true)
        }
    }

    @Test func anEmptyFolderIsNoContract() throws {
        try ContractFixture.withFolder([:]) { folder in
            let error = #expect(throws: ContractError.self) { try Contract.load(directory: folder) }
            #expect(error?.code == .notFound)
        }
    }
}

@Suite struct ContractLocationTests {
    @Test func whatIsNamedComesFirstAndThenWhatIsNear() throws {
        let files = [
            "given/a.yaml", "env/a.yaml", "here/streams/a.yaml", "app/streams/a.yaml", "app/bin/streams/README.md",
        ]
        try ContractFixture.withFolder(Dictionary(uniqueKeysWithValues: files.map { ($0, "") })) {
            (folder: String) throws in
            func locate(_ explicit: String?, _ environment: [String: String], _ directory: String) throws -> String {
                try Contract.locate(
                    explicit: explicit,
                    environment: environment,
                    currentDirectory: directory,
                    executable: "\(folder)/app/bin/debug/perch"
                )
            }
            let named = ["STREAMS_DIR": "\(folder)/env"]
            #expect(try locate("\(folder)/given", named, "\(folder)/here") == "\(folder)/given")
            #expect(try locate(nil, named, "\(folder)/here") == "\(folder)/env")
            #expect(try locate(nil, [:], "\(folder)/here") == "\(folder)/here/streams")
            #expect(try locate(nil, [:], "\(folder)/nowhere") == "\(folder)/app/streams")
        }
    }

    @Test func aFolderThatIsNamedAndMissingIsAnError() {
        let error = #expect(throws: ContractError.self) {
            try Contract.locate(explicit: nil, environment: ["STREAMS_DIR": "/nonexistent"], currentDirectory: "/")
        }
        #expect(error?.description == "/nonexistent: STREAMS_DIR: expected a folder, got nothing there")
        #expect(error?.code == .notFound)
    }
}
