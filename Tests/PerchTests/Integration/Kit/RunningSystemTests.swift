import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// `withPerch`: a whole system in one call.
@Suite(.timeLimit(.minutes(30))) struct RunningSystemTests {
    private static func booked(_ system: RunningSystem) async throws -> [Int] {
        try await system["billing"].query("SELECT cents FROM revenue ORDER BY cents") { try $0.decode(0, as: Int.self) }
    }

    @Test func aSystemIsSettledOnceAllEffectsOfAllThatHandlersPublishAreThere() async throws {
        try await withPerch(contract: KitShop.contract(), services: [KitShop.shop, KitShop.billing]) { system in
            for round in 1...10 {
                try await system.publish(
                    KitOrder("a-\(round)", cents: round),
                    KitOrder("b-\(round)", cents: 100 + round)
                )
                try await system.settle()
                #expect(try await Self.booked(system).count == round * 2)
                let invoiced = try await system["shop"].query("SELECT count(*) FROM invoiced") {
                    try $0.decode(0, as: Int.self)
                }
                #expect(invoiced == [round * 2])
            }
            let published = try await system.published(KitInvoice.self)
            #expect(Set(published.map(\.orderID)).count == 20 && published.count == 20)
            #expect(try await system.published(KitOrder.self).map(\.cents).sorted() == [Int](1...10) + (101...110))
        }
    }

    @Test func aServiceIsTestedAloneAndOthersAreStoodInFor() async throws {
        try await withPerch(contract: KitShop.contract(), services: [KitShop.billing]) { system in
            try await system.publish(KitOrder("order-1", cents: 500))
            try await system.settle()
            #expect(try await Self.booked(system) == [500])
            #expect(try await system.published(KitInvoice.self) == [KitInvoice(orderID: "order-1")])
        }
    }

    @Test func twoSystemsOnTheSameServersSeeNothingOfEachOther() async throws {
        // Each has published before the other is looked at.
        let arrived = Count()
        try await withThrowingTaskGroup(of: Void.self) { tests in
            for cents in [100, 200] {
                tests.addTask {
                    try await withPerch(contract: KitShop.contract(), services: [KitShop.shop, KitShop.billing]) {
                        system in
                        #expect(try system.redis.port == LocalRedis.shared().port)
                        try await system.publish(KitOrder("order-1", cents: cents), KitOrder("order-2", cents: cents))
                        arrived.next()
                        try await eventually("both have published") { arrived.value == 2 }
                        try await system.settle()
                        #expect(try await Self.booked(system) == [cents, cents])
                        #expect(try await system.published(KitOrder.self).map(\.cents) == [cents, cents])
                    }
                }
            }
            try await tests.waitForAll()
        }
    }

    @Test func whatFailsIsTriedAgainWithoutItsBackoff() async throws {
        let failures = Count()
        var policy = RetryPolicy()
        policy.firstDelay = .seconds(86_400)
        policy.cap = .seconds(86_400)
        let handler = ScriptedHandler { order, delivery, tx in
            // Once in its round, once by itself, and then twice after a day each.
            if failures.next() < 5 { throw Trouble() }
            try BookOrder().handle(order, delivery, in: tx)
        }
        let billing = KitShop.billing(handling: handler, retryPolicy: policy)
        try await withPerch(contract: KitShop.contract(), services: [billing]) { system in
            try await system.publish(KitOrder("order-1", cents: 500))
            try await system.settle()
            #expect(try await Self.booked(system) == [500])
        }
    }

    @Test func aDeadLetterEndsTheWaitWithItsHandlersError() async throws {
        var policy = RetryPolicy()
        policy.attempts = 3
        let handler = ScriptedHandler { order, delivery, tx in
            if order.cents == 13 { throw Trouble() }
            try BookOrder().handle(order, delivery, in: tx)
        }
        let billing = KitShop.billing(handling: handler, retryPolicy: policy)
        try await withPerch(contract: KitShop.contract(), services: [billing]) { system in
            try await system.publish(
                KitOrder("order-1", cents: 13),
                KitOrder("order-1", cents: 14),
                KitOrder("order-2", cents: 15)
            )
            let thrown = await #expect(throws: UnsettledSystem.self) { try await system.settle() }
            #expect(
                thrown?.reasons == ["billing has given up order_placed of key order-1: the till is stuck"],
                "\(String(describing: thrown))"
            )
            try await system.settle(acceptingDeadLetters: true)
            #expect(try await Self.booked(system) == [15])
            #expect(try await system.deadLetters().map(\.key) == ["order-1"])
        }
    }

    @Test func whatWaitsForAFactThatNothingBringsEndsTheWait() async throws {
        let handler = ScriptedHandler { _, _, _ in throw HandlerVerdict.wait("no customer yet") }
        try await withPerch(contract: KitShop.contract(), services: [KitShop.billing(handling: handler)]) { system in
            try await system.publish(KitOrder("order-1", cents: 1), KitOrder("order-1", cents: 2))
            let thrown = await #expect(throws: UnsettledSystem.self) { try await system.settle() }
            #expect(thrown?.description.contains("no customer yet") == true, "\(String(describing: thrown))")
        }
    }

    @Test func whatTheRelayRefusesEndsTheWait() async throws {
        try await withPerch(contract: KitShop.contract(), services: [KitShop.shop, KitShop.billing]) { system in
            try await system["shop"].execute(
                """
                INSERT INTO perch.outbox (topic, type, key, data)
                VALUES ('orders', 'order_placed', 'order-1', '{"order_id": "order-1", "cents": -5}')
                """
            )
            let thrown = await #expect(throws: UnsettledSystem.self) { try await system.settle() }
            #expect(thrown?.description.contains("cents") == true, "\(String(describing: thrown))")
        }
    }

    @Test func whatARelayOrAPoolEndsWithEndsTheWaitAndTheTest() async throws {
        await #expect(throws: SchemaMissing.self) {
            try await withPerch(contract: KitShop.contract(), services: [KitShop.billing]) { system in
                try await system["billing"].execute("DROP SCHEMA perch CASCADE")
                try await eventually("the pool has ended") {
                    do {
                        try await system.settle()
                        return false
                    } catch let error where !(error is PostgresError) {
                        throw error
                    } catch {
                        return false
                    }
                }
            }
        }
    }

    @Test func aServiceThatIsNotThereIsNamedWithThoseThatAre() async throws {
        try await withPerch(contract: KitShop.contract(), services: [KitShop.billing]) { system in
            let thrown = #expect(throws: ServiceNotInSystem.self) { try system["biling"] }
            #expect(thrown?.description == "this system has no service biling: it has billing, shop")
        }
    }

    @Test func itsDatabasesAreGoneAfterwards() async throws {
        var url = ""
        try await withPerch(contract: KitShop.contract(), services: [KitShop.billing]) {
            url = try $0.url(of: "billing")
        }
        let configuration = try PostgresConfiguration(url: url)
        let thrown = #expect(throws: PostgresError.self) { try PostgresConnection(configuration) }
        #expect(thrown?.fullDescription.contains("does not exist") == true, "\(String(describing: thrown))")
    }
}

private struct Trouble: Error, CustomStringConvertible {
    var description: String { "the till is stuck" }
}
