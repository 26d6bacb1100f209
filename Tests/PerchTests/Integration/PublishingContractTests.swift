import Foundation
import LocalServers
import PerchTesting
import Postgres
import Testing

@testable import Perch

/// The contract's limits bind whoever publishes with a contract at hand.
@Suite(.serialized) struct PublishingContractTests {
    private static func contract() throws -> Contract {
        let text = """
            owner: shop
            key: order
            partitions: 4
            retention: {age: 7d}
            archive: forever
            groups: [shipping]
            events:
              order_counted:
                versions:
                  1:
                    fields:
                      order: {type: string, maxLength: 8}
                      count: {type: integer, minimum: 1}
            """
        return try ContractFixture.load(text)
    }

    private struct Shipped: Event {
        static let type: EventType = "order_shipped"
        static let topic: TopicName = "orders"
        let order: String
        var version: Int { 1 }
        var key: String { order }
    }

    private struct Parcel: Event {
        static let type: EventType = "order_counted"
        static let topic: TopicName = "parcels"
        let order: String
        var version: Int { 1 }
        var key: String { order }
    }

    /// Written by field.
    private struct Fast: Event {
        static let type: EventType = "order_counted"
        static let topic: TopicName = "orders"
        var order = "a"
        var count = 1
        var version = 1
        var key = "a"

        func write(to fields: inout EventFieldWriter) throws {
            try fields.write("order", order)
            try fields.write("count", count)
        }
    }

    private func withShop(_ body: (Database, Database, PostgresConfiguration) async throws -> Void) async throws {
        let url = try LocalPostgres.shared().createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        let contract = try Self.contract()
        let connection = try PostgresConnection(configuration)
        try Migrator.migrate(connection, component: "perch", Migration.perch)
        try contract.declareTopics(ownedBy: "shop", on: connection)
        let (bound, free) = (Database(configuration, contract: contract, size: 1), Database(configuration, size: 1))
        try await body(bound, free, configuration)
        await bound.close()
        await free.close()
    }

    private func waiting(_ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM perch.outbox") { try $0.decode("n", as: Int.self) }[0]
    }

    private func refusal(
        _ database: Database,
        _ body: @Sendable (borrowing Transaction) throws -> Void
    ) async throws -> UndeclaredEvent? {
        do {
            try await database.transaction { tx in try body(tx) }
            return nil
        } catch let error as UndeclaredEvent {
            return error
        }
    }

    @Test func anEventThatIsNotAsDeclaredIsNotPublished() async throws {
        try await withShop { bound, _, _ in
            let low = try await refusal(bound) { try $0.publish(OrderCounted(order: "a", count: 0)) }
            #expect(
                low?.description
                    == "order_counted/1 is not as topic orders declares it: count: expected 1 or more, got an integer"
            )
            #expect(low?.violations.map(\.got) == ["the integer 0"])
            let long = try await refusal(bound) { try $0.publish(OrderCounted(order: "123456789", count: 1)) }
            #expect(long?.violations.map(\.expected) == ["at most 8 characters"])
            let key = try await refusal(bound) { try $0.publish(Fast(key: "b")) }
            #expect(key?.violations.map(\.description) == [#"order: expected the event's key, got "a""#])
            let version = try await refusal(bound) { try $0.publish(Fast(version: 2)) }
            #expect(version?.violations.map(\.description) == ["expected version 1, got version 2"])
            let type = try await refusal(bound) { try $0.publish(Shipped(order: "a")) }
            #expect(type?.violations[0].expected == "an event type of topic orders")
            let topic = try await refusal(bound) { try $0.publish(Parcel(order: "a")) }
            #expect(topic?.violations[0].expected == "a topic of the contract")
            let fast = try await refusal(bound) { try $0.publish(Fast(count: 0)) }
            #expect(fast?.violations.map(\.field) == ["count"])
            #expect(try await waiting(bound) == 0)
        }
    }

    @Test func ofManyNoneIsPublishedWhereOneIsNotAsDeclared() async throws {
        try await withShop { bound, _, _ in
            let found = try await refusal(bound) { try $0.publish([Fast(), Fast(count: 0), Fast()]) }
            #expect(found?.violations.map(\.field) == ["count"])
            let version = try await refusal(bound) { try $0.publish([Fast(), Fast(version: 7)]) }
            #expect(version?.version == 7)
            #expect(try await waiting(bound) == 0)
            try await bound.transaction { tx in
                try tx.publish([Fast(), Fast(count: 7)])
                try tx.publish(Fast())
                try tx.publish(OrderCounted(order: "a", count: 1))
            }
            #expect(try await waiting(bound) == 4)
        }
    }

    /// The caller may go on: nothing was queued.
    @Test func aRefusedEventLeavesItsTransactionAsItWas() async throws {
        try await withShop { bound, _, _ in
            try await bound.transaction { tx in
                try tx.publish(Fast())
                #expect(throws: UndeclaredEvent.self) { try tx.publish(Fast(count: 0)) }
                try tx.publish(Fast())
            }
            #expect(try await waiting(bound) == 2)
        }
    }

    /// Without a contract at hand nothing is looked at: that is left to the relay.
    @Test func withoutAContractNothingIsChecked() async throws {
        try await withShop { _, free, configuration in
            try await free.transaction { tx in try tx.publish(Fast(count: 0)) }
            #expect(try await waiting(free) == 1)
            let connection = try PostgresConnection(configuration)
            connection.publishOnly(as: try Self.contract())
            #expect(throws: UndeclaredEvent.self) { try connection.transaction { try $0.publish(Fast(count: 0)) } }
            try connection.transaction { try $0.publish(Fast()) }
            #expect(try await waiting(free) == 2)
        }
    }

    /// No version is converted by force.
    @Test func aVersionThatTheOutboxCannotHoldIsAnError() async throws {
        try await withShop { bound, free, _ in
            for database in [bound, free] {
                await #expect(throws: EncodingError.self) {
                    try await database.transaction { tx in try tx.publish(Fast(version: .max)) }
                }
                await #expect(throws: EncodingError.self) {
                    try await database.transaction { tx in try tx.publish([Fast(version: .max)]) }
                }
            }
        }
    }

    private struct PublishWrongly: EventHandler {
        func handle(_ event: OrderCounted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
            try tx.publish(Fast(count: 0))
        }
    }

    @Test func whatAHandlerPublishesIsCheckedByThePoolsContract() async throws {
        try await withLocalRedis { redis in
            let url = try LocalPostgres.shared().createDatabase()
            let system = try TestSystem(contract: Self.contract(), owner: "shop", redis: redis, databaseURL: url)
            let database = Database(try system.postgres, contract: system.contract, size: 1)
            try await running(system, workers: 1, handlers: [PublishWrongly()]) {
                try await database.transaction { tx in try tx.publish(OrderCounted(order: "a", count: 1)) }
                try await eventually("the event has failed") {
                    try await database.query("SELECT error FROM perch.failed_events") {
                        try $0.decode("error", as: String.self)
                    }.contains { $0.contains("count: expected 1 or more, got an integer") }
                }
            }
            await database.close()
        }
    }
}
