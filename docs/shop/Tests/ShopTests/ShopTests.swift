import BillingService
import Events
import Perch
import PerchTesting
import Postgres
import ShopService
import Testing

let shop = TestService("shop", migrations: ShopService.migrations)
let billing = TestService("billing", migrations: BillingService.migrations, groups: [BillingService.group])

@Suite struct ShopTests {
    @Test func anOrderIsBookedOnceHoweverItIsDelivered() async throws {
        let orders = [
            OrderPlaced(orderID: "order-1", cents: 500), OrderPlaced(orderID: "order-2", cents: 700),
            OrderPlaced(orderID: "order-1", cents: 100),
        ]
        try await assertIdempotent(billing, orders, contract: Contract.load())
    }

    @Test func whatTheShopSellsIsBooked() async throws {
        try await withPerch(contract: Contract.load(), services: [shop, billing]) { system in
            try await ShopService.place(OrderPlaced(orderID: "order-1", cents: 500), in: system["shop"])
            try await ShopService.place(OrderPlaced(orderID: "order-2", cents: 700), in: system["shop"])
            try await system.settle()
            let booked = try await system["billing"].query("SELECT cents FROM revenue ORDER BY cents") { row in
                try row.decode(0, as: Int.self)
            }
            #expect(booked == [500, 700])
        }
    }
}
