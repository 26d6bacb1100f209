import Foundation
import Perch
import PopugEvents
import Postgres

/// Counts what was paid out. Idempotent by event id; the user need not be known yet.
struct CountWages: BatchHandler {
    let types = [UserWagePaid.type]
    let model: ReadModel

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let movements = try batch.map { delivery in
            let event = try delivery.read(UserWagePaid.self)
            return Movement(
                cause: delivery.id,
                at: delivery.time,
                user: event.userID,
                ticket: nil,
                kind: .wage,
                amount: event.amount.cents
            )
        }
        try model.open(in: tx)
        try model.add(movements, in: tx)
    }
}
