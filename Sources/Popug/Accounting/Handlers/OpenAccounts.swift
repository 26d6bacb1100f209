import Foundation
import Perch
import PopugEvents
import Postgres

/// Opens an account for each user. Idempotent by user: who has one keeps it as it is.
struct OpenAccounts: BatchHandler {
    let types = [UserCreated.type]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let users = try batch.decode(UserCreated.self)
        try tx.execute(
            """
            INSERT INTO accounting.accounts (user_id, role, name, email)
            SELECT e.user_id, e.role, e.name, e.email
            FROM unnest(
                \(users.map(\.userID)), \(users.map(\.role.rawValue)), \(users.map(\.name)), \(users.map(\.email))
            ) WITH ORDINALITY AS e (user_id, role, name, email, nth)
            ORDER BY e.nth
            ON CONFLICT (user_id) DO NOTHING
            """
        )
    }
}
