import Foundation
import Perch
import PopugEvents
import Postgres

/// Learns who is an employee. Idempotent by user: a role that is known stays.
struct LearnOfUsers: BatchHandler {
    let types = [UserCreated.type]
    let model: ReadModel

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.decode(UserCreated.self)
        let roles = Dictionary(events.map { ($0.userID, $0.role.rawValue) }) { first, _ in first }
        try model.open(in: tx)
        try tx.execute(
            """
            INSERT INTO analytics.users AS u (user_id, role)
            SELECT * FROM unnest(\(Array(roles.keys)), \(Array(roles.values)))
            ON CONFLICT (user_id) DO UPDATE SET role = excluded.role WHERE u.role IS NULL
            """
        )
    }
}
