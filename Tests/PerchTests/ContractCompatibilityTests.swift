import Foundation
import Testing

@testable import Perch

@Suite struct ContractCompatibilityTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let changes: [(String, String)]
        let refused: [Incompatibility.Code]
        var cautions: [Incompatibility.Code] = []
        var text: String = ""
        var testDescription: String { changes.map { "\($0.0) → \($0.1)" }.joined(separator: ", ") }

        init(
            _ old: String,
            _ new: String,
            refused: [Incompatibility.Code] = [],
            cautions: [Incompatibility.Code] = [],
            text: String = ""
        ) {
            (changes, self.refused, self.cautions, self.text) = ([(old, new)], refused, cautions, text)
        }
    }

    static let cancelled =
        "  order_cancelled:\n    versions:\n      1:\n        fields:\n          order_id: {type: string, format: uuid}"

    /// Changes that hit both versions of `order_placed` are found in both.
    @Test(arguments: [
        Change("owner: shop", "owner: shop"),
        Change("owner: shop", "description: Orders.\nowner: shop"),
        Change("age: 7d", "age: 1d"),
        Change("[billing]", "[billing, mailing]"),
        Change(
            "          title: {type: string}",
            "          title: {type: string}\n          extra: {type: string, required: false}"
        ),
        Change(
            "  order_cancelled:",
            "  order_sent:\n    versions: {1: {fields: {order_id: {type: string}}}}\n  order_cancelled:"
        ),
        Change("enum: [open, paid]", "enum: [paid, open]"),
        Change("title: {type: string}", "title: {type: string, private: true}"),
        Change("{type: boolean, required: false}", "{type: boolean, required: false, private: true}"),

        Change("owner: shop", "owner: store", refused: [.ownerChanged], text: "was `shop`, is `store`"),
        Change("key: order_id", "key: status", refused: [.keyChanged]),
        Change("partitions: 4", "partitions: 8", cautions: [.partitionsChanged]),
        Change("order_cancelled", "order_revoked", refused: [.eventRemoved], text: "(renamed to `order_revoked`?)"),
        Change(cancelled, "", refused: [.eventRemoved], text: "events.order_cancelled: the event was removed; keep"),
        Change("          title: {type: string}", "", refused: [.fieldRemoved], text: "versions.2.fields.title"),
        Change("title:", "tittle:", refused: [.fieldRemoved, .requiredFieldAdded], text: "(renamed to `tittle`?)"),
        Change("gift:", "is_present:", refused: [.fieldRemoved, .fieldRemoved], text: "(renamed to `is_present`?)"),
        Change(
            "          title: {type: string}",
            "          title: {type: string}\n          extra: {type: string}",
            refused: [.requiredFieldAdded],
            text: "add it in version 3"
        ),
        Change("title: {type: string}", "title: {type: string, required: false}", refused: [.requiredChanged]),
        Change("{type: boolean, required: false}", "{type: boolean}", refused: [.requiredChanged, .requiredChanged]),
        Change("cents: {type: integer", "cents: {type: number", refused: [.typeChanged, .typeChanged]),
        Change("format: date,", "", refused: [.formatChanged, .formatChanged], text: "was date, is any"),
        Change("title: {type: string}", "title: {type: string, format: uuid}", refused: [.formatChanged]),
        Change("[open, paid]", "[open]", refused: [.enumNarrowed, .enumNarrowed], text: "no longer allows paid"),
        Change("title: {type: string}", "title: {type: string, enum: [a]}", refused: [.enumNarrowed]),
        Change("minimum: 0", "minimum: 1", refused: [.limitNarrowed, .limitNarrowed], text: "was 0, is 1"),
        Change("maximum: 100", "maximum: 99", refused: [.limitNarrowed, .limitNarrowed]),
        Change("minLength: 1", "minLength: 2", refused: [.limitNarrowed, .limitNarrowed]),
        Change("maxLength: 5", "maxLength: 4", refused: [.limitNarrowed, .limitNarrowed]),
        Change(
            "title: {type: string}",
            "title: {type: string, maxLength: 9}",
            refused: [.limitNarrowed],
            text: "was none"
        ),

        Change("[open, paid]", "[open, paid, late]", cautions: [.enumWidened, .enumWidened]),
        Change(
            "enum: [open, paid]",
            "maxLength: 9000",
            refused: [.limitNarrowed, .limitNarrowed],
            cautions: [.enumWidened, .enumWidened]
        ),
        Change("maximum: 100", "maximum: 101", cautions: [.limitWidened, .limitWidened]),
        Change("minimum: 0, ", "", cautions: [.limitWidened, .limitWidened]),
        Change("minLength: 1", "minLength: 0", cautions: [.limitWidened, .limitWidened]),
    ])
    func aChangeIsJudgedByWhatItBreaks(_ change: Change) throws {
        let old = try ContractFixture.contract()
        let text = ContractFixture.changed(change.changes)
        let new = try ContractFixture.load(text, isChecked: false)
        let refused = new.incompatibilities(from: old)
        #expect(refused.map(\.code) == change.refused, "got \(refused)")
        #expect(new.cautions(from: old).map(\.code) == change.cautions)
        if !change.text.isEmpty { #expect(refused.contains { "\($0)".contains(change.text) }, "got \(refused)") }
    }

    @Test func aTopicIsNotRemovedAndAnEventNotMoved() throws {
        let old = try ContractFixture.contract()
        let empty = Contract(topics: [])
        #expect(empty.incompatibilities(from: old).map(\.code) == [.topicRemoved])
        #expect(old.incompatibilities(from: empty) == [])

        let moved = try ContractFixture.load(
            ContractFixture.changed([(Self.cancelled, "")]),
            ContractFixture.orders,
            isChecked: false
        )
        let found = moved.incompatibilities(from: old)
        #expect(found.map(\.code) == [.eventRemoved])
        #expect(found.first?.message.contains("(it is in the topic returns now)") == true)
    }

    @Test func aVersionIsNotRemovedAndANewOneDropsNothing() throws {
        let old = try ContractFixture.contract()
        let second = try #require(ContractFixture.orders.range(of: "      2:")).lowerBound
        let third = try #require(ContractFixture.orders.range(of: "  order_cancelled:")).lowerBound
        let shorter = String(ContractFixture.orders[..<second] + ContractFixture.orders[third...])
        let without = try ContractFixture.load(shorter, isChecked: false)
        #expect(without.incompatibilities(from: old).map(\.code) == [.versionRemoved])
        #expect(old.incompatibilities(from: without) == [])

        let dropping = try ContractFixture.contract(
            (
                "          title: {type: string}",
                "          title: {type: string}\n      3:\n        fields: {order_id: {type: string, format: uuid}}"
            )
        )
        let found = dropping.incompatibilities(from: old)
        #expect(found.count == 9)
        #expect(found.allSatisfy { $0.code == .versionDropsField && $0.path.contains("versions.3.fields.") })
    }
}
