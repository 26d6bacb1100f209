import Foundation
import Perch
import PopugEvents
import Postgres

/// Learns what tickets cost and earn, and counts what waited for it. Idempotent by event id.
struct LearnPrices: BatchHandler {
    let types = [TicketMoneyUpdated.type]
    let model: ReadModel

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.map { (delivery: $0, event: try $0.read(TicketMoneyUpdated.self)) }
        try model.open(in: tx)
        var causes = try causes(of: events.map(\.event.ticketID), in: tx)
        var priced: [(delivery: Delivery, ticket: UUID, price: TicketHistory.Price)] = []
        var contradictions: [Contradiction] = []
        for (delivery, event) in events {
            if let cause = causes[event.ticketID] {
                if cause != delivery.id {
                    contradictions.append(
                        Contradiction(event: delivery, ticket: event.ticketID, reason: "the ticket was priced before")
                    )
                }
                continue
            }
            causes[event.ticketID] = delivery.id
            let price = TicketHistory.Price(commission: event.commission.cents, reward: event.reward.cents)
            priced.append((delivery, event.ticketID, price))
        }
        try model.save(contradictions, in: tx)
        guard !priced.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO analytics.tickets (ticket_id, commission, reward, priced_by)
            SELECT * FROM unnest(
                \(priced.map(\.ticket)), \(priced.map(\.price.commission)), \(priced.map(\.price.reward)),
                \(priced.map(\.delivery.id))
            )
            ON CONFLICT (ticket_id) DO UPDATE
            SET commission = excluded.commission, reward = excluded.reward, priced_by = excluded.priced_by
            """
        )
        try model.settle(priced.map { ($0.ticket, $0.price) }, in: tx)
    }

    /// The events that told the prices which are known.
    private func causes(of tickets: [UUID], in tx: borrowing Transaction) throws -> [UUID: UUID] {
        let known = try tx.query(
            """
            SELECT ticket_id, priced_by FROM analytics.tickets
            WHERE ticket_id = ANY (\(tickets)) AND priced_by IS NOT NULL
            """
        ) { (try $0.decode("ticket_id", as: UUID.self), try $0.decode("priced_by", as: UUID.self)) }
        return Dictionary(uniqueKeysWithValues: known)
    }
}
