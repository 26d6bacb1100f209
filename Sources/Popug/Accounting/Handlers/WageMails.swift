import Foundation
import Logging
import Perch
import PopugEvents
import Postgres

/// Makes the mails of wages, of what accounting knows of those who are paid.
struct WageMails: Sendable {
    /// Whom they are from.
    let sender: MailAddress
    let logger: Logger

    /// A mail for each wage whose receiver can be written to; of the others the log tells.
    func of(_ wages: [(delivery: Delivery, wage: UserWagePaid)], in tx: borrowing Transaction) throws -> [WageMail] {
        let receivers = try receivers(of: wages.map(\.delivery.id), users: wages.map(\.wage.userID), in: tx)
        return wages.compactMap { delivery, wage in
            let receiver = receivers[delivery.id]
            guard let email = receiver?.email, let address = MailAddress(email) else {
                // Who has no mail can still see the wage in the ledger. The address is not told: it is somebody's.
                logger.notice(
                    "no mail for a wage",
                    metadata: [
                        "user_id": "\(wage.userID.text)", "event_id": "\(delivery.id.text)",
                        "reason": receiver?.email == nil ? "no email is known" : "the email cannot be written to",
                    ]
                )
                return nil
            }
            return WageMail(
                event: delivery.id,
                user: wage.userID,
                name: receiver?.name,
                address: address,
                amount: wage.amount,
                day: receiver?.day,
                time: delivery.time,
                sender: sender
            )
        }
    }

    private struct Receiver {
        let name: String?
        let email: String?
        let day: CalendarDate?
    }

    /// By the wage's event. Nothing is locked.
    private func receivers(
        of events: [UUID],
        users: [UUID],
        in tx: borrowing Transaction
    ) throws -> [UUID: Receiver] {
        let found = try tx.query(
            """
            SELECT e.event_id, a.name, a.email, l.business_day
            FROM unnest(\(events), \(users)) AS e (event_id, user_id)
            JOIN accounting.accounts a ON a.user_id = e.user_id
            LEFT JOIN accounting.ledger l ON l.event_id = e.event_id
            """
        ) { row in
            (
                try row.decode("event_id", as: UUID.self),
                Receiver(
                    name: try row.decodeIfPresent("name"),
                    email: try row.decodeIfPresent("email"),
                    day: try row.decodeIfPresent("business_day")
                )
            )
        }
        return Dictionary(found) { first, _ in first }
    }
}
