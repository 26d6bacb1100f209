import Foundation
import Perch
import PerchTesting
import Postgres
import Testing

/// `RunningSystem.advance`: the time that a test moves.
@Suite(.timeLimit(.minutes(30))) struct SystemTimeTests {
    private static let begin = Timestamp(milliseconds: 1_774_738_800_000)  // 2026-03-28T23:00:00Z

    private static let tablesOfTicks = Migration(
        version: 2,
        name: "ticks",
        sql: "CREATE TABLE ticks (name text, tick timestamptz, PRIMARY KEY (name, tick))"
    )

    private static func service(_ schedules: Schedule...) -> TestService {
        TestService("shop", migrations: [KitShop.tablesOfShop, tablesOfTicks], schedules: schedules)
    }

    private static func schedule(
        _ name: String,
        _ recurrence: Recurrence,
        missed: MissedTicks = .all,
        beginning: Schedule.Beginning = .next,
        also body: @escaping @Sendable (Tick, borrowing Transaction) throws -> Void = { _, _ in }
    ) throws -> Schedule {
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        return Schedule(name, recurrence, in: berlin, missed: missed, beginning: beginning) { tick, tx in
            try tx.execute("INSERT INTO ticks VALUES (\(tick.schedule), \(tick.time))")
            try body(tick, tx)
        }
    }

    private static func ticks(_ system: RunningSystem, _ name: String) async throws -> [String] {
        try await system["shop"].query("SELECT tick FROM ticks WHERE name = \(name) ORDER BY tick") {
            try $0.decode(0, as: Timestamp.self).description
        }
    }

    private static func booked(_ system: RunningSystem) async throws -> [Int] {
        try await system["billing"].query("SELECT cents FROM revenue ORDER BY cents") { try $0.decode(0, as: Int.self) }
    }

    @Test func schedulesTickOnlyWhenTheTestMovesTheTimeAndThenEachTick() async throws {
        let daily = try Self.schedule("daily", .cron("30 2 * * *"))
        let hourly = try Self.schedule("hourly", .every(.seconds(3600), from: Self.begin), missed: .none)
        let shop = Self.service(daily, hourly)
        try await withPerch(contract: KitShop.contract(), services: [shop], beginning: Self.begin) { system in
            try await system.settle()
            #expect(try await Self.ticks(system, "hourly") == [])
            // In the night of which Berlin's clocks skip 02:30.
            try await system.advance(by: .seconds(2 * 3600))
            #expect(system.now == Self.begin + .seconds(2 * 3600))
            #expect(try await Self.ticks(system, "daily") == ["2026-03-29T01:00:00.000Z"])
            // Although it runs no tick that was missed.
            #expect(
                try await Self.ticks(system, "hourly") == ["2026-03-29T00:00:00.000Z", "2026-03-29T01:00:00.000Z"]
            )
            try await system.advance(by: .seconds(24 * 3600))
            #expect(
                try await Self.ticks(system, "daily") == ["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"]
            )
            #expect(try await Self.ticks(system, "hourly").count == 26)
        }
    }

    @Test func delayedEventsBecomeDueInTheirOrderWhenTheTestMovesTheTime() async throws {
        try await withPerch(contract: KitShop.contract(), services: [KitShop.shop, KitShop.billing]) { system in
            try await system["shop"].transaction { tx in
                try tx.publish(KitOrder("order-1", cents: 200), notBefore: .now + .seconds(2 * 86_400))
                try tx.publish(KitOrder("order-1", cents: 100), notBefore: .now + .seconds(86_400))
                try tx.publish(KitOrder("order-1", cents: 300), notBefore: .now + .seconds(3 * 86_400))
            }
            try await system.settle()
            #expect(try await Self.booked(system) == [])
            try await system.advance(by: .seconds(86_400))
            try await system.settle()
            #expect(try await Self.booked(system) == [100])
            try await system.advance(by: .seconds(2 * 86_400))
            try await system.settle()
            #expect(try await system.published(KitOrder.self).map(\.cents) == [100, 200, 300])
        }
    }

    @Test func whatAHandlerAsksForLaterWaitsOnceMore() async throws {
        let shop = TestService(
            "shop",
            migrations: [KitShop.tablesOfShop],
            groups: [
                ConsumerGroup(
                    name: "shop",
                    subscriptions: [Subscription(topic: "invoices", handlers: [OrderAgainTomorrow()])]
                )
            ]
        )
        try await withPerch(contract: KitShop.contract(), services: [shop, KitShop.billing]) { system in
            try await system.publish(KitOrder("order-1", cents: 1))
            for day in 1...3 {
                try await system.settle()
                #expect(try await Self.booked(system).count == day)
                try await system.advance(by: .seconds(86_401))
            }
        }
    }

    @Test func whatATickPublishesLaterIsDueInThatTime() async throws {
        let schedule = try Self.schedule("reminders", .every(.seconds(3600), from: Self.begin)) { _, tx in
            try tx.publish(KitOrder("order-1", cents: 7), notBefore: .now + .seconds(600))
        }
        let services = [Self.service(schedule), KitShop.billing]
        try await withPerch(contract: KitShop.contract(), services: services, beginning: Self.begin) { system in
            try await system.advance(by: .seconds(3600))
            try await system.settle()
            #expect(try await Self.booked(system) == [])
            try await system.advance(by: .seconds(3600))
            try await system.settle()
            #expect(try await Self.booked(system) == [7])
        }
    }

    @Test func aTickThatFailsEndsTheWaitWithItsErrorAndIsTriedAgainLater() async throws {
        let failures = Count()
        let schedule = try Self.schedule("closing", .every(.seconds(3600), from: Self.begin)) { _, _ in
            if failures.next() < 2 { throw TillIsStuck() }
        }
        let shop = Self.service(schedule)
        try await withPerch(contract: KitShop.contract(), services: [shop], beginning: Self.begin) { system in
            let thrown = await #expect(throws: UnsettledSystem.self) {
                try await system.advance(by: .seconds(2 * 3600))
            }
            #expect(thrown?.reasons == ["closing of shop fails: the till is stuck"], "\(String(describing: thrown))")
            #expect(system.now == Self.begin + .seconds(3600))
            await #expect(throws: UnsettledSystem.self) { try await system.settle() }
            #expect(try await Self.ticks(system, "closing") == [])
            try await system.advance(by: .seconds(3600))
            try await system.settle()
            #expect(try await Self.ticks(system, "closing").count == 2)
        }
    }

    @Test func aScheduleThatBeginsWithItsLastTickIsAwaitedBySettling() async throws {
        let schedule = try Self.schedule("opening", .cron("0 8 * * *"), beginning: .last)
        let shop = Self.service(schedule)
        try await withPerch(contract: KitShop.contract(), services: [shop], beginning: Self.begin) { system in
            try await system.settle()
            #expect(try await Self.ticks(system, "opening") == ["2026-03-28T07:00:00.000Z"])
        }
    }

    @Test func aScheduleInAPauseHasNoTicks() async throws {
        let schedule = try Self.schedule("opening", .cron("0 8 * * *"))
        let shop = Self.service(schedule)
        try await withPerch(contract: KitShop.contract(), services: [shop], beginning: Self.begin) { system in
            try await system.advance(by: .zero)
            try await system["shop"].execute("UPDATE perch.schedules SET paused_at = clock_timestamp()")
            try await system.advance(by: .seconds(86_400))
            try await system.settle()
            #expect(try await Self.ticks(system, "opening") == [])
        }
    }
}

private struct TillIsStuck: Error, CustomStringConvertible {
    var description: String { "the till is stuck" }
}

private struct OrderAgainTomorrow: EventHandler {
    func handle(_ invoice: KitInvoice, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.publish(KitOrder(invoice.orderID, cents: 1), notBefore: .now + .seconds(86_400))
    }
}
