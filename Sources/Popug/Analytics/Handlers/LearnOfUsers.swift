import Foundation
import Perch
import PopugEvents
import Postgres

/// Learns who is an employee, and the names. Idempotent by user: what the first event has told stays.
struct LearnOfUsers: BatchHandler {
    let types = [UserCreated.type]
    let model: ReadModel

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.decode(UserCreated.self)
        let users = Array(Dictionary(events.map { ($0.userID, $0) }) { first, _ in first }.values)
        try model.open(in: tx)
        try tx.execute(
            """
            INSERT INTO analytics.users AS u (user_id, role, name)
            SELECT * FROM unnest(\(users.map(\.userID)), \(users.map(\.role.rawValue)), \(users.map(\.name)))
            ON CONFLICT (user_id) DO UPDATE SET role = excluded.role, name = excluded.name WHERE u.role IS NULL
            """
        )
    }
}
