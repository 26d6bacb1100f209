import Foundation
import Perch
import Postgres
import ServiceLifecycle
import Synchronization

/// What the flows of ops/check-pages work with: for each way of working some orders that fail as each flow needs it, and one with text of
/// a stranger. Nothing else comes, so what a flow counts stays so.
enum StageFlows {
    static let ways = ["js", "nojs", "keys"]

    /// Refused for good, at each attempt.
    static let always = 0
    /// Refused at the first attempt alone.
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
final class RefuseSome: EventHandler {
    private let isOfBulksAlone: Bool
    private let seen = Mutex<Set<UUID>>([])

    init(ofBulksAlone: Bool = false) { isOfBulksAlone = ofBulksAlone }

    func handle(_ event: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        if isOfBulksAlone, !event.customer.hasSuffix(" bulk") { return }
        switch event.amount {
        case StageFlows.always, StageFlows.large: break
        case StageFlows.once: guard seen.withLock({ $0.insert(delivery.id).inserted }) else { return }
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
