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
        let mails = try WageMails(sender: .accounting, logger: logger).of(wages, in: tx)
        try folder.write(mails.map { ("\($0.event.text).eml", $0.text) })
    }
}
