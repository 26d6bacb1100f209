import Perch
import PopugEvents
import Postgres

/// Opens the account of each user. Idempotent by the user's id: a user is created once.
struct OpenAccount: EventHandler {
    func handle(_ user: UserCreated, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            INSERT INTO accounting.accounts (user_id, role, name)
            VALUES (\(user.userID), \(user.role.rawValue), \(user.name))
            ON CONFLICT (user_id) DO NOTHING
            """
        )
    }
}
