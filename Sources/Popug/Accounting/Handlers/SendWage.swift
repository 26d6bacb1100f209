import Foundation
import Logging
import Perch
import PopugEvents
import Postgres

/// Sends the mail of a wage to a mail server, once: what was sent is noted in the transaction that moves the checkpoint.
///
/// The server is no part of the transaction. It has taken the mail before that commits; if it does not, the wage comes again. This
/// process then knows that the mail was taken. Another one does not: where the process dies, or loses the partition, between the
/// server's answer and COMMIT, or the answer itself is lost, the mail is sent again, with the same bytes and the same Message-ID, by
/// which a mail program may show it once. So a mail cannot be forgotten, and may at worst come twice.
///
/// Sending blocks the worker's own thread, for no longer than an attempt may take. The transaction is open meanwhile, as always in a
/// handler, and holds no lock that this handler has taken. Single events, not a batch: each mail is within the time that
/// Postgres lets a transaction be idle, and a worker that is told to stop sends one more at the most.
struct SendWage: EventHandler {
    let server: MailServer
    let logger: Logger

    func handle(_ wage: UserWagePaid, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        let sent = try tx.query("SELECT event_id FROM accounting.mailed_wages WHERE event_id = \(delivery.id)") {
            try $0.decode("event_id", as: UUID.self)
        }
        guard sent.isEmpty else { return }
        let mails = WageMails(sender: server.sender, logger: logger)
        guard let mail = try mails.of([(delivery, wage)], in: tx).first else { return }
        try server.send(mail)
        try tx.execute(
            "INSERT INTO accounting.mailed_wages (event_id) VALUES (\(delivery.id)) ON CONFLICT (event_id) DO NOTHING"
        )
    }

    /// Tried for about a day: then an operator looks at it. The mails of other days do not wait for it.
    static var retryPolicy: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 60
        policy.firstDelay = .seconds(5)
        policy.deadLettersHoldTheirKey = false
        return policy
    }

    /// So many connections to the server at a time, over all processes; and after a second of mails a round commits, so that a worker's
    /// other topics wait no longer, and less is sent again where its process dies.
    static let limit = WorkLimit("mail", atATime: 2)
}
