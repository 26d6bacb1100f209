import LocalServers
import Metrics
import Perch
import PerchMetrics
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

/// `/metrics` of a program that has nothing but the products.
@Suite(.timeLimit(.minutes(30))) struct MetricsPageTests {
    @Test func thePageTellsOfTheProcessAndOfWhatTheProgramRecords() async throws {
        let registry = PrometheusRegistry()
        Counter(label: "perch.events.processed", dimensions: [("group", "billing")], factory: registry).increment()
        // A label that would be no name is made one, as those of metrics are.
        let build = PrometheusSample("build.info", [("version", "1.2")], 1)
        let text = await MetricsPage(registry: registry, fixed: [build]).text()
        #expect(text.contains("# TYPE perch_events_processed_total counter"), "\(text)")
        #expect(text.contains("\nprocess_max_fds "), "\(text)")
        #expect(text.contains("\nbuild_info{version=\"1.2\"} 1"), "\(text)")
        let undescribed = text.split(separator: "\n").filter { $0.contains("Not described") }
        #expect(undescribed.count == 1, "all of Perch and of the process is described, and build_info is not")
    }

    @Test func thePageTellsHowFarAGroupAndAnOutboxAre() async throws {
        let contract = try Contract.load(texts: ["orders": orders])
        try await withPerch(contract: contract, services: [TestService("shop"), billing]) { system in
            try await system.publish(OrderPlaced(orderID: "order-1"))
            try await system.settle()
            let connections = SystemConnections(
                contract: contract,
                redis: try RedisConfiguration(url: system.redis.url),
                databases: [
                    "shop": try PostgresConfiguration(url: system.url(of: "shop")),
                    "billing": try PostgresConfiguration(url: system.url(of: "billing")),
                ],
                naming: system.naming,
                patience: .seconds(3600),
                databasePatience: .seconds(3600)
            )
            let status = SystemStatus(OperatedSystem(connections))
            let (consumer, owner) = (
                MetricsPage(
                    registry: PrometheusRegistry(),
                    status: StatusSource(status, group: "billing", owner: "billing")
                ),
                MetricsPage(registry: PrometheusRegistry(), status: StatusSource(status, group: nil, owner: "shop"))
            )
            // A scrape does not wait for a server that is busy: what it does not tell in time is left out.
            try await eventually("the page tells of the group") {
                await consumer.text().contains(
                    #"perch_group_lag_events{group="billing",topic="orders",partition="0"} 0"#
                )
            }
            try await eventually("the page tells of the outbox") {
                await owner.text().contains(#"perch_outbox_waiting_events{topic="orders"} 0"#)
            }
        }
    }
}

private let orders = """
    owner: shop
    key: order_id
    partitions: 1
    retention: forever
    archive: forever
    groups: [billing]
    events:
      order_placed:
        versions:
          1:
            fields:
              order_id: {type: string}
    """

private struct OrderPlaced: Event {
    static let type: EventType = "order_placed"
    static let topic: TopicName = "orders"
    let orderID: String
    var version: Int { 1 }
    var key: String { orderID }
    enum CodingKeys: String, CodingKey { case orderID = "order_id" }
}

private struct Ignore: EventHandler {
    func handle(_ order: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {}
}

private let billing = TestService(
    "billing",
    groups: [ConsumerGroup(name: "billing", subscriptions: [Subscription(topic: "orders", handlers: [Ignore()])])]
)
