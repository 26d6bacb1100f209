import Perch
import PerchTesting
import Postgres
import XCTest

/// The kit under XCTest.
final class RunningSystemXCTests: XCTestCase {
    func testAnOrderIsBooked() async throws {
        try await withPerch(contract: KitShop.contract(), services: [KitShop.billing]) { system in
            try await system.publish(KitOrder("order-1", cents: 500))
            try await system.settle()
            let booked = try await system["billing"].query("SELECT cents FROM revenue") {
                try $0.decode(0, as: Int.self)
            }
            XCTAssertEqual(booked, [500])
        }
    }

    func testHandlersAreIdempotent() async throws {
        try await assertIdempotent(KitShop.billing, KitOrder("order-1", cents: 500), contract: KitShop.contract())
    }
}
