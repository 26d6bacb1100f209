import Perch
import Postgres
import ServiceLifecycle

/// What the flows of ops/check-pages work with: for each way of working some orders that fail as each flow needs it, and one with text of
/// a stranger. Nothing else comes, so what a flow counts stays so.
enum StageFlows {
    /// None is a part of another: errors are found by them.
    static let ways = ["scripts", "bare", "keys"]

    /// Refused for good, at each attempt.
    static let always = 0
    /// Refused until somebody retries it.
    static let once = 1
    /// Refused too, and a number that no floating point holds.
    static let large = 9_007_199_254_740_993

    static let stranger =
        "<script>window.hit = 1</script><img src=x onerror=\"window.hit = 1\">&lt;b&gt; \u{202E}gnp.exe"

    static let orders: [OrderPlaced] =
        ways.flatMap { way in
            [
                OrderPlaced(order: "\(way)-retry", customer: "\(way) retry", amount: once),
                OrderPlaced(order: "\(way)-edit", customer: "\(way) edit", amount: always),
            ]
                + (1...3).flatMap { number in
                    [
                        OrderPlaced(order: "\(way)-bulk-\(number)", customer: "\(way) bulk", amount: once),
                        OrderPlaced(order: "\(way)-discard-\(number)", customer: "\(way) discard", amount: always),
                    ]
                }
        } + [
            OrderPlaced(order: "\(stranger)", customer: stranger, amount: large),
            OrderPlaced(order: "long", customer: String(repeating: "long ", count: 13_000) + "end", amount: large),
        ]
}

/// Refuses some orders; those of a bulk in each group that handles them.
struct RefuseSome: EventHandler {
    var isOfBulksAlone = false

    func handle(_ event: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        if isOfBulksAlone, !event.customer.hasSuffix(" bulk") { return }
        switch event.amount {
        case StageFlows.always, StageFlows.large: break
        case StageFlows.once:
            // What has failed before lies there, and is tried again only where somebody wants it.
            let lies = try tx.query("SELECT 1 FROM perch.failed_events WHERE event_id = \(delivery.id)") { _ in true }
            guard lies.isEmpty else { return }
        default: return
        }
        throw HandlerVerdict.reject("no stock: \(event.customer)")
    }
}

/// Orders once.
struct OrderForFlows: Service {
    let database: Database

    func run() async throws {
        try await database.transaction { tx in
            for order in StageFlows.orders { try tx.publish(order) }
        }
        try? await gracefulShutdown()
        await database.close()
    }
}
