import Foundation
import Logging
import Perch
import PopugEvents
import Postgres

/// Writes a mail for each wage, once: the file's name is the event's id.
///
/// Files are no part of the transaction. They are written, and on disk, before it commits; if it does not, the wages come
/// again and the same files are written again with the same bytes. So a mail cannot be forgotten, and what was collected in
/// between may at worst be seen twice, with one Message-ID.
///
/// Writing blocks the worker's own thread, and nothing else waits for it: the transaction holds no lock on accounts yet, for
/// the group handles wages before tickets, and reads without locking. A folder that cannot be written fails the round, not
/// the process; the wages are tried again later.
struct MailWages: BatchHandler {
    let types = [UserWagePaid.type]
    /// Nil: there are no mails.
    let folder: MailFolder?
    let logger: Logger

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let wages = Array(zip(batch, try batch.decode(UserWagePaid.self)))
        guard let folder else { return }
        let receivers = try receivers(of: wages.map(\.0.id), users: wages.map(\.1.userID), in: tx)
        var files: [(name: String, text: String)] = []
        for (delivery, wage) in wages {
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
                continue
            }
            let mail = WageMail(
                event: delivery.id,
                user: wage.userID,
                name: receiver?.name,
                address: address,
                amount: wage.amount,
                day: receiver?.day,
                time: delivery.time
            )
            files.append(("\(delivery.id.text).eml", mail.text))
        }
        try folder.write(files)
    }

    private struct Receiver {
        let name: String?
        let email: String?
        let day: CalendarDate?
    }

    /// By the wage's event.
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
