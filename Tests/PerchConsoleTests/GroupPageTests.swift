import HTTPTesting
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

@Suite struct GroupPageTests {
    @Test func itTellsWhereEachPartitionIsAndWhatCanBeDone() async throws {
        try await withConsole { console in
            try await console.publish(12)
            try await console.running {
                try await eventually("shipping has read all") {
                    let page = try await console.client.get("/groups/shipping")
                    return page.body.contains("data-live=\"groups/shipping/orders/0/lag\">0<")
                        && page.words.contains("State running")
                }
            }
            let page = try await console.client.get("/groups/shipping")
            for place in ["orders:0", "orders:3"] { #expect(page.words.contains(place)) }
            #expect(page.words.contains("may be replayed"))
            #expect(page.body.contains("href=\"/pause/shipping?topic=orders\""))
            #expect(page.body.contains("href=\"/replay/shipping/orders?what=restart\""))
            #expect(!page.body.contains("href=\"/resume/shipping"))
            #expect(try await console.client.get("/groups/billing").words.contains("never ran"))
        }
    }

    @Test func aPartitionThatAloneIsBehindIsMarked() async throws {
        try await withConsole { console in
            try await console.publish(12)
            try await console.running { try await eventually("all is read") { try await console.effects() == 12 } }
            let relay = try console.system.relay(owner: "shop")
            let running = Task { try await relay.run() }
            try await console.database.transaction { tx in
                for number in 0..<150 { try tx.publish(OrderCounted(order: "order-1", count: number)) }
            }
            try await eventually("the partition of the key is marked") {
                let words = try await console.client.get("/groups/shipping").words
                return words.contains("hot key or stuck next: ")
            }
            running.cancel()
            try await running.value
        }
    }

    @Test func whatIsNotKnownIsAQuestionMarkAndTheServerIsNamed() async throws {
        try await withConsole { console in
            try await console.publish(3)
            try await console.running { try await eventually("all is read") { try await console.effects() == 3 } }
            console.system.redis.stop()
            try await eventually("the page says that Redis is away") {
                let page = try await console.client.get("/groups/shipping")
                return page.status == 200 && page.words.contains("Redis does not tell since")
                    && page.body.contains("data-live=\"groups/shipping/orders/0/pending\"><span class=\"none\">")
            }
            let pending = try await console.client.get("/groups/shipping/pending")
            #expect(pending.status == 200 && pending.words.contains("Redis does not tell"))
            #expect(try await console.client.get("/pause/shipping").status == 200)
        }
    }

    @Test func aGroupThatIsNotThereIsToldWithTheNearestName() async throws {
        try await withConsole { console in
            let answer = try await console.client.get("/groups/shiping")
            #expect(answer.status == 404 && answer.words.contains("shipping"))
            let hostile = try await console.client.get("/groups/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
            #expect(hostile.status == 404 && !hostile.body.contains("<script>alert"))
        }
    }

    @Test func whatIsPendingIsListedWithItsTypeAndItsConsumer() async throws {
        try await withConsole { console in
            try await console.publish(1)
            try await console.running { try await eventually("it is read") { try await console.effects() == 1 } }
            #expect(try await console.client.get("/groups/shipping/pending").words.contains("no list of failures"))
            let relay = try console.system.relay(owner: "shop")
            let running = Task { try await relay.run() }
            try await console.publish(1)
            let partition = ConsoleSystem.orders.partition(of: "order-0")
            try await eventually("somebody has it delivered and says nothing") {
                try console.system.redis.cli(
                    "XREADGROUP",
                    "GROUP",
                    "shipping",
                    "<b>tester",
                    "STREAMS",
                    partition.description,
                    ">"
                ).contains("order")
            }
            let list = try await console.client.get("/groups/shipping/pending?partition=\(partition)")
            #expect(list.words.contains("order_counted/1") && list.words.contains("<b>tester"))
            #expect(!list.body.contains("<b>tester"))
            running.cancel()
            try await running.value
        }
    }
}
